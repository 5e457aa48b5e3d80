"""Proofs of requires-grad-int."""

import torch
from torch import nn


def given():
    return {"torch": torch, "x": torch.tensor([1, 2, 4])}


def test_answer(answer):
    """float() and then requires_grad_() gives a leaf that gets a gradient."""
    assert answer.x.is_leaf and answer.x.dtype == torch.float32
    answer.x.square().sum().backward()
    assert answer.x.grad.tolist() == [2, 4, 8]


def test_default(default):
    """Numbers with a decimal point make a float32 tensor that gets a gradient."""
    assert default.x.grad.tolist() == [3 * v**2 for v in (1, 2, 3)]


def test_right_later(right_later):
    """arange of a float makes a float32 tensor that gets a gradient."""
    assert right_later.x.grad.tolist() == [2.0] * 3


def test_which_dtypes(raises):
    """Floating-point and complex tensors can require gradients; integers and booleans cannot."""
    for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.complex64):
        x = torch.ones(2, dtype=dtype).requires_grad_()
        assert x.requires_grad and torch.is_floating_point(x) == (dtype != torch.complex64)
    for dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool):
        x = torch.ones(2, dtype=dtype)
        with raises(RuntimeError, "only Tensors of floating point dtype can require gradients"):
            x.requires_grad_()
        with raises(RuntimeError, "only Tensors of floating point and complex dtype"):
            x.requires_grad = True
        for make in (nn.Parameter, lambda x: torch.tensor(x.tolist(), dtype=x.dtype, requires_grad=True)):
            with raises(RuntimeError, "Only Tensors of floating point and complex dtype"):
                make(x)


def test_integers_by_default():
    """torch.tensor([1, 2, 3]) and torch.arange(3) are int64; dtype=torch.float32 makes them float."""
    assert torch.tensor([1, 2, 3]).dtype == torch.arange(3).dtype == torch.int64
    assert torch.tensor([1, 2, 3], dtype=torch.float32, requires_grad=True).requires_grad


def test_embedding_gets_the_gradient():
    """The gradient of an embedding lookup goes to its weight; the ids need none."""
    table = nn.Embedding(4, 3)
    table(torch.tensor([2, 0, 2])).sum().backward()
    assert table.weight.grad.tolist() == [[count] * 3 for count in (1, 0, 2, 0)]


def test_integer_buffers_and_parameters():
    """register_buffer takes integers, and nn.Parameter takes them with requires_grad=False."""
    module, x = nn.Module(), torch.arange(3)
    module.register_buffer("ids", x)
    assert torch.equal(module.state_dict()["ids"], x)
    assert nn.Parameter(x, requires_grad=False).dtype == torch.int64


def test_integers_cut_the_graph():
    """long(), int(), and argmax raise nothing, but their results have no gradient."""
    w = torch.ones(3, requires_grad=True)
    assert (w * 2).requires_grad
    for name in ("long", "int", "argmax"):
        assert not getattr(w * 2, name)().requires_grad


def test_results_without_a_gradient():
    """unique, any, isin, signbit, and an autograd.Function with integer results take a tensor that requires gradients."""

    class Round(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.long()

    x = torch.tensor([1.0, -2.0, 1.0], requires_grad=True)
    counts = torch.unique(x, return_counts=True)[1]
    for result in (counts, x.any(), torch.isin(x, torch.ones(1)), x.signbit(), Round.apply(x)):
        assert not result.requires_grad and not result.is_floating_point()
    assert counts.tolist() == [1, 2] and torch.equal(torch.unique(x.detach()), torch.tensor([-2.0, 1.0]))


def test_models_with_integer_weights(raises):
    """model.requires_grad_() raises if a parameter holds integers; is_floating_point() leaves those out."""
    model = nn.Linear(2, 3)
    model.quantized = nn.Parameter(torch.arange(3), requires_grad=False)
    model.weight.requires_grad_(False)
    with raises(RuntimeError, "only Tensors of floating point dtype can require gradients"):
        model.requires_grad_()
    for p in model.parameters():
        p.requires_grad_(p.is_floating_point())
    assert [(name, p.requires_grad) for name, p in model.named_parameters()] == [
        ("weight", True),
        ("bias", True),
        ("quantized", False),
    ]
