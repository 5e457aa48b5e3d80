"""Proofs of none-grad."""

import warnings

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 2))
    model[0].bias.requires_grad_(False)
    shown = []
    return {
        "print": shown.append,
        "shown": shown,
        "device": "cpu",
        "model": model,
        "criterion": nn.MSELoss(),
        "x": torch.randn(2, 3),
        "y": torch.ones(2, 2),
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1),
    }


def test_answer(answer):
    """After requires_grad_() the input gets a gradient, and so does a result with retain_grad()."""
    out, y = answer.h.detach(), answer.y
    torch.testing.assert_close(answer.h.grad, 2 * (out - y) / 4)  # of the mean of four squares
    torch.testing.assert_close(answer.x.grad, answer.h.grad @ answer.model[0].weight.detach())
    assert answer.x.is_leaf and answer.x.shape == (2, 3)
    assert answer.shown == ["0.bias"]  # frozen
    assert [p.grad for p in answer.model.parameters()] == [None, None]  # after zero_grad()


def test_products_are_not_leaves():
    """torch.randn(3, requires_grad=True) * 0.01 is not a leaf; (torch.randn(3) * 0.01).requires_grad_() is one."""
    x = torch.randn(3, requires_grad=True) * 0.01
    assert not x.is_leaf
    x = (torch.randn(3) * 0.01).to("cpu").requires_grad_()
    x.square().sum().backward()
    assert x.is_leaf and torch.equal(x.grad, 2 * x)


def test_default(default):
    """After backward(), the gradient of a layer that was not called and of a frozen parameter is None."""
    none = [name for name, p in default.model.named_parameters() if p.grad is None]
    assert none == ["fc1.bias", "extra.weight", "extra.bias"]


def test_intermediate(intermediate):
    """retain_grad() keeps the gradient of an intermediate result; the leaf gets it times the inner derivative."""
    assert intermediate.h.grad.tolist() == [2 * h for h in (2.0, 6.0)]
    assert intermediate.x.grad.tolist() == [2 * g for g in (4.0, 12.0)]


def test_wrong_moved(wrong_moved):
    """A converted tensor is not a leaf, and its gradient stays None."""
    assert not wrong_moved.x.is_leaf and wrong_moved.x.tolist() == [1.0, 3.0]
    w = torch.ones(2, requires_grad=True)
    w.double().sum().backward()
    assert w.grad.tolist() == [1.0, 1.0]  # it went to the tensor before


def test_right_moved(right_moved):
    """requires_grad_() after the conversion makes a leaf."""
    assert right_moved.x.grad.tolist() == [2.0, 6.0] and right_moved.x.dtype == torch.float64


def test_right(right):
    """A gradient set to None starts afresh in every step."""
    assert right.w.grad.tolist() == [4.0, 10.0]


def test_zero_grad_sets_none():
    """zero_grad() sets gradients to None, and with set_to_none=False to zero."""
    layer = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    for clear in layer, optimizer:
        layer(torch.ones(1, 3)).sum().backward()
        clear.zero_grad(set_to_none=False)
        assert layer.bias.grad.tolist() == [0.0, 0.0]
        clear.zero_grad()
        assert layer.bias.grad is None


def test_cuts():
    """detach(), .data, .item(), NumPy, argmax, long(), and no_grad cut the graph, so the weight gets no gradient."""
    v = torch.tensor(2.0, requires_grad=True)
    for cut in (
        lambda h: h.detach(),
        lambda h: h.data,
        lambda h: torch.tensor(h.item()),
        lambda h: torch.from_numpy(h.detach().numpy()),
        lambda h: h.argmax(),
        lambda h: h.long(),
    ):
        w = torch.tensor(3.0, requires_grad=True)
        (cut(w * 5) * v).backward()
        assert w.grad is None and v.grad is not None
    with torch.no_grad():
        h = w * 5
    (h * v).backward()
    assert w.grad is None


def test_optimizers_skip_none():
    """An optimizer leaves a parameter with grad None as it is, weight decay included."""
    for make in torch.optim.SGD, torch.optim.AdamW:
        used, unused = nn.Linear(2, 1), nn.Linear(2, 1)
        optimizer = make([*used.parameters(), *unused.parameters()], lr=0.1, weight_decay=0.5)
        before = [layer.weight.clone() for layer in (used, unused)]
        used(torch.ones(1, 2)).sum().backward()
        optimizer.step()
        assert [torch.equal(b, layer.weight) for b, layer in zip(before, (used, unused), strict=True)] == [False, True]


def test_retain_grad_comes_first():
    """retain_grad() after backward() is accepted, and the gradient stays None."""
    h = torch.ones(2, requires_grad=True) * 3
    h.sum().backward()
    h.retain_grad()
    assert h.grad is None


def test_moving_gives_no_leaf():
    """A tensor moved to another device is not a leaf; to() the same device returns the tensor itself."""
    x = torch.ones(3, requires_grad=True)
    assert x.to("cpu") is x
    moved = x.to("meta")  # a device that every build of PyTorch has
    assert not moved.is_leaf and moved.grad_fn is not None
    assert torch.ones(3, device="meta", requires_grad=True).is_leaf
    assert torch.ones(3).to("meta").requires_grad_().is_leaf


def test_reading_it_warns():
    """Reading the .grad of a tensor that is not a leaf warns."""
    h = torch.ones(2, requires_grad=True) * 3
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert h.grad is None
    assert "not a leaf Tensor is being accessed" in str(caught[0].message)


def test_retain_grad_needs_a_graph(raises):
    """retain_grad() raises for a tensor that does not require grad, also if it was computed under no_grad() or after
    detach() from one that does; it works after requires_grad_() on the input."""
    x = torch.ones(2)
    with raises(RuntimeError, "can't retain_grad on Tensor that has requires_grad=False"):
        (x * 3).retain_grad()
    h = x.requires_grad_() * 3
    with torch.no_grad():
        silent = x * 3
    for cut in silent, x.detach() * 3:
        with raises(RuntimeError, "can't retain_grad on Tensor that has requires_grad=False"):
            cut.retain_grad()
    h.retain_grad()
    h.sum().backward()
    assert h.grad.tolist() == [1.0, 1.0]
