"""Proofs of multi-loss."""

import torch
import torch.nn.functional as F
from torch import nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk, self.a, self.b = nn.Linear(6, 5), nn.Linear(5, 3), nn.Linear(5, 1)

    def forward(self, x):
        h = self.trunk(x).relu()
        return self.a(h), self.b(h)


def given():
    torch.manual_seed(0)
    model = Model()
    return {
        "F": F, "model": model, "x": torch.randn(8, 6), "y": torch.arange(8) % 3, "z": torch.randn(8, 1),
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1), "print": lambda *values: None,
    }  # fmt: skip


def test_answer(answer):
    """One backward() over the weighted sum gives the weighted sum of the gradients of separate calls."""
    names = given()
    model, x, y, z = names["model"], names["x"], names["y"], names["z"]
    F.cross_entropy(model(x)[0], y).backward()
    first = model.trunk.weight.grad.clone()
    model.zero_grad()
    F.mse_loss(model(x)[1], z).backward()
    expected = first + 0.3 * model.trunk.weight.grad
    torch.testing.assert_close(answer.model.trunk.weight.grad, expected)
    torch.testing.assert_close(answer.model.trunk.weight, model.trunk.weight - 0.1 * expected)


def test_default(default):
    """Both losses fall."""
    assert default.loss_a < 0.6 and default.loss_b < 0.4  # from log(3) = 1.1 and about 1
    assert default.y.tolist() == [row[:3].index(max(row[:3])) for row in default.x.tolist()]
    assert torch.equal(default.z[:, 0], default.x[:, 3])


def test_compare(compare):
    """A loss that is many times larger can have a gradient of similar size, and autograd.grad leaves .grad alone."""
    norms = {}
    for name, loss in compare.losses.items():
        (grad,) = torch.autograd.grad(loss, compare.trunk.weight, retain_graph=True)
        norms[name] = grad.norm()
    assert compare.losses["value"] > 10 * compare.losses["class"] and norms["value"] < 5 * norms["class"]
    assert compare.trunk.weight.grad is None
    assert torch.equal(compare.z[:, 0], 20 + compare.x[:, 3])


def test_right(right):
    """The gradient of the sum is the sum of the gradients."""
    w = right.w.detach()
    torch.testing.assert_close(right.w.grad, w.exp() + 2 * (2 * w).exp())


def test_separate_calls():
    """Separate backward() calls with retain_graph=True in the first give the same gradient as the sum."""
    w = torch.tensor([2.0, 3.0], requires_grad=True)
    shared = w.exp()
    shared.sum().backward(retain_graph=True)
    shared.square().sum().backward()
    torch.testing.assert_close(w.grad, w.detach().exp() + 2 * (2 * w.detach()).exp())


def test_learned(learned):
    """With exp(-s) * loss + s, the weight of each loss becomes 1 over the loss."""
    torch.testing.assert_close(learned.log_var.exp().detach(), torch.tensor([4.0, 0.25]), rtol=1e-3, atol=1e-3)


def test_step_in_between(raises):
    """step() between two backward() calls raises if the second needs a changed weight: with two layers, not with one."""
    for depth, between in ((2, True), (2, False), (1, True)):
        torch.manual_seed(0)
        trunk = nn.Sequential(*[layer for _ in range(depth) for layer in (nn.Linear(6, 6), nn.Tanh())])
        a, b = nn.Linear(6, 1), nn.Linear(6, 1)
        optimizer = torch.optim.SGD(nn.ModuleList([trunk, a, b]).parameters(), lr=0.1)
        h = trunk(torch.ones(2, 6))
        first, second = a(h).sum(), b(h).sum()
        first.backward(retain_graph=True)
        if between:
            optimizer.step()
        if between and depth == 2:
            with raises(RuntimeError, "modified by an inplace operation"):
                second.backward()
        else:
            second.backward()
            assert b.weight.grad is not None


def test_fused_step_in_between():
    """With fused=True, a step() between two backward() calls raises nothing, and the second gradient is wrong."""
    grads = []
    for between in False, True:
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, fused=True)
        first, second = model(torch.ones(5, 3)).mean(dim=0)
        first.backward(retain_graph=True)
        if between:
            optimizer.step()
        optimizer.zero_grad()
        second.backward()
        grads.append(model[0].weight.grad)
    assert not torch.allclose(*grads)


def test_a_gradient_of_zeros_still_moves():
    """A parameter whose gradient is zero is moved by weight decay and by momentum; one without a gradient is not."""
    for kind, options in (torch.optim.AdamW, {"weight_decay": 0.1}), (torch.optim.SGD, {"momentum": 0.9}):
        layer = nn.Linear(2, 1)
        optimizer = kind(layer.parameters(), lr=0.1, **options)
        layer(torch.ones(1, 2)).sum().backward()
        optimizer.step()
        for loss, moves in (None, False), (lambda: layer(torch.ones(1, 2)).sum() * 0, True):
            optimizer.zero_grad()
            if loss:
                loss().backward()
            before = layer.weight.detach().clone()
            optimizer.step()
            assert torch.equal(before, layer.weight) is not moves


def test_autograd_grad_fills_only_retained_grads():
    """autograd.grad leaves the grad of leaves alone, but fills that of a tensor on which retain_grad() was called."""
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    h = 2 * w
    h.retain_grad()
    (grad,) = torch.autograd.grad(h.square().sum(), w)
    assert w.grad is None and grad.tolist() == [8, 16] and h.grad.tolist() == [4, 8]


def test_a_missing_loss():
    """Without a loss on it a head gets no gradient; out.sum() * 0 gives it a gradient of zeros."""
    model = Model()
    a, b = model(torch.ones(2, 6))
    a.sum().backward(retain_graph=True)
    assert model.b.weight.grad is None
    (a.sum() + b.sum() * 0).backward()
    assert model.b.weight.grad is not None and not model.b.weight.grad.any()


def test_weights_without_a_counterweight():
    """A learned weight that only multiplies its loss falls below zero."""
    w = torch.tensor(1.0, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    for _ in range(20):
        optimizer.zero_grad()
        (w * 4.0).backward()
        optimizer.step()
    assert w < 0
