"""Proofs of low-precision."""

import copy

import torch
from torch import nn

FORMATS = torch.float32, torch.float16, torch.bfloat16


def number(value, dtype):
    return torch.tensor(value, dtype=dtype)


def given():
    torch.manual_seed(0)
    model = nn.Linear(3, 2)
    return {
        "torch": torch,
        "model": model,
        "trained": copy.deepcopy(model),
        "criterion": nn.CrossEntropyLoss(),
        "x": torch.randn(4, 3),
        "y": torch.tensor([0, 1, 1, 0]),
    }


def test_answer(answer):
    """A loss under autocast is close to the one in float32; bfloat16() converts the weights."""
    assert torch.get_float32_matmul_precision() == "high"
    torch.set_float32_matmul_precision("highest")
    expected = answer.criterion(answer.trained(answer.x), answer.y)
    torch.testing.assert_close(answer.loss, expected, atol=0.02, rtol=0.0)
    assert answer.loss.item() != expected.item()
    assert answer.model.weight.dtype == torch.bfloat16 and not answer.model.training


def test_default(default):
    """The next number above 1 is 1 + eps, and nothing lies between."""
    for dtype in FORMATS:
        one, eps = number(1.0, dtype), torch.finfo(dtype).eps
        assert one + eps > 1 and one + eps / 2 == 1


def test_recipes(recipes):
    """Autocast leaves the weights and their gradients in float32; the linear layer returns bfloat16."""
    model = nn.Linear(3, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(recipes.x)
    logits.sum().backward()
    assert (model.weight.dtype, model.weight.grad.dtype) == (torch.float32,) * 2
    assert logits.dtype == recipes.logits.dtype == torch.bfloat16
    assert recipes.logits.is_inference() and not recipes.model.training
    assert recipes.logits.shape == (4, 2)
    expected = nn.functional.cross_entropy(recipes.model.float()(torch.eye(4, 3)), torch.tensor([0, 1, 1, 0]))
    torch.testing.assert_close(recipes.loss.detach(), expected, atol=0.01, rtol=0.0)


def test_right(right):
    """500 steps of 0.002 move a float32 weight from 1 to 2."""
    torch.testing.assert_close(right.w.detach(), torch.full((3,), 2.0), atol=1e-4, rtol=0.0)


def test_wrong(wrong):
    """500 steps of 0.002 leave a bfloat16 weight at 1."""
    assert wrong.w.tolist() == [1, 1, 1] and wrong.optimizer.param_groups[0]["lr"] == 0.002


def test_small_updates_are_lost():
    """A weight of 1 does not move by steps of 0.001 in bfloat16, nor by steps of 0.0004 in float16."""
    for dtype, lr in ((torch.bfloat16, 0.001), (torch.float16, 0.0004)):
        model = nn.Linear(1, 1, bias=False).to(dtype)
        nn.init.ones_(model.weight)
        optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        for _ in range(50):
            model.weight.grad = -torch.ones_like(model.weight)
            optimizer.step()
        assert model.weight.item() == 1


def test_running_sums_stop():
    """Adding 1 again and again ends at 256 in bfloat16, and counts to 1000 in float32; sum() of the tensor is right."""
    ones = torch.ones(1000, dtype=torch.bfloat16)
    for dtype, expected in ((torch.bfloat16, 256), (torch.float32, 1000)):
        total = torch.zeros((), dtype=dtype)
        for one in ones:
            total += one
        assert total.item() == expected
    assert ones.sum().item() == 1000


def test_float16_overflows():
    """In float16 the largest number is 65504, inf begins at 65520, and 300 squared is inf; in bfloat16 it is not."""
    assert torch.finfo(torch.float16).max == 65504
    assert [number(v, torch.float16).item() for v in (65519.0, 65520.0, -65520.0)] == [65504, torch.inf, -torch.inf]
    assert number(300.0, torch.float16).square().isinf()
    assert number(300.0, torch.float16).float().square().item() == 90000
    assert number(300.0, torch.bfloat16).square().isfinite()


def test_small_numbers():
    """float16 turns 2.9e-8 into 0 and keeps 3.1e-8; bfloat16 keeps both, and its range is nearly that of float32."""
    assert [number(v, torch.float16).item() > 0 for v in (2.9e-8, 3.1e-8)] == [False, True]
    assert number(2.9e-8, torch.bfloat16) > 0
    assert 0.99 < torch.finfo(torch.bfloat16).max / torch.finfo(torch.float32).max < 1
    assert torch.finfo(torch.bfloat16).tiny == torch.finfo(torch.float32).tiny


def test_digits_of_bfloat16():
    """The number after 256 is 258 in bfloat16."""
    assert [number(v, torch.bfloat16).item() for v in (257.0, 257.5, 258.0)] == [256, 258, 258]


def test_sixteen_bits_are_half():
    """16 bits take half the memory of float32."""
    sizes = [torch.zeros(10, dtype=dtype).untyped_storage().nbytes() for dtype in FORMATS]
    assert sizes == [40, 20, 20]


def test_the_scaler_keeps_small_gradients():
    """A float16 gradient of 1e-8 is 0; multiplied by the first scale of a GradScaler, 65536, it is kept."""
    scaler = torch.amp.GradScaler("cpu")
    factor = scaler.scale(torch.ones(())).item()
    grads = []
    for scale in (1.0, factor):
        x = torch.zeros((), dtype=torch.float16, requires_grad=True)
        (x.float() * 1e-8 * scale).backward()
        grads.append(x.grad.item())
    assert factor == 65536 and grads[0] == 0 and abs(grads[1] / factor - 1e-8) < 1e-11


def test_ids_stay_integers(raises):
    """A model in bfloat16 takes its float inputs in bfloat16; an embedding raises for ids in bfloat16."""
    model, ids = torch.nn.Embedding(5, 3).bfloat16(), torch.tensor([1, 4])
    assert model(ids).dtype == torch.bfloat16
    with raises(RuntimeError, "Expected tensor for argument #1 'indices'"):
        model(ids.bfloat16())
