"""Proofs of lr-finder."""

import copy

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    x = torch.randn(120, 5, 3)
    loader = list(zip(x, x.sum(dim=2, keepdim=True), strict=True))
    return {"copy": copy, "torch": torch, "model": model, "loader": loader, "criterion": nn.MSELoss()}


def descend(model, batches, lrs):
    """Losses of plain gradient descent with these rates, from the formula of the gradient."""
    w, b, losses = model.weight.detach().clone(), model.bias.detach().clone(), []
    for lr, (x, y) in zip(lrs, batches, strict=False):
        error = x @ w.T + b - y
        losses.append((error**2).mean().item())
        w = w - lr * 2 * (error.T @ x) / len(x)
        b = b - lr * 2 * error.mean(dim=0)
    return losses


def test_answer(answer):
    """Batch i is trained with the i-th rate, from 1e-6 to 1 in equal ratios."""
    fresh = given()
    lrs = [10 ** (-6 + 6 * i / 99) for i in range(100)]
    torch.testing.assert_close([lr for lr, _ in answer.losses], lrs, rtol=1e-4, atol=1e-9)
    expected = descend(fresh["model"], fresh["loader"], lrs)
    torch.testing.assert_close([loss for _, loss in answer.losses], expected, rtol=1e-3, atol=1e-4)
    assert len(answer.losses) == 100
    assert torch.equal(answer.model.weight, fresh["model"].weight)  # only the copy has moved


def test_default(default):
    """The losses are those of SGD with the rising rates, and the test stops when they explode."""
    torch.manual_seed(0)
    x = torch.randn(60, 100, 8)
    y = x @ torch.randn(8, 1) + torch.randn(60, 100, 1)
    lrs = [10 ** (-4 + 5 * i / 59) for i in range(60)]
    expected = descend(default.model, list(zip(x, y, strict=True)), lrs)
    n = len(default.losses)
    torch.testing.assert_close(default.losses, expected[:n], rtol=1e-2, atol=1e-2)
    assert default.losses[-1] > 4 * min(default.losses) and all(
        v <= 4 * min(expected[: i + 1]) for i, v in enumerate(expected[: n - 1])
    )
    assert default.losses[default.best] == min(default.losses)


def test_plot(plot):
    """The smoothed loss is a weighted mean of the losses so far, with weights that fall by 0.8 per batch."""
    for i in (0, 1, 7, 59):
        weights = [0.8 ** (i - j) for j in range(i + 1)]
        expected = sum(w * v for w, v in zip(weights, plot.losses, strict=False)) / sum(weights)
        assert abs(plot.smooth[i] - expected) < 1e-6
    clean = [2 / (1 + 50 * v) + 5 * v**2 for v in plot.lrs]
    assert max(abs(a - b) for a, b in zip(clean, plot.losses, strict=True)) < 0.8
    jumps = [sum(abs(a - b) for a, b in zip(v, v[1:], strict=False)) for v in (plot.losses, plot.smooth)]
    assert jumps[1] < jumps[0] / 2


def test_wrong(wrong, right):
    """zip stops at the shorter one: 4 batches try 4 rates; an endless loader tries all 100."""
    assert len(wrong.tried) == 4 and wrong.tried == wrong.lrs[:4]
    assert right.tried == right.lrs and len(right.lrs) == 100 and right.loader.batch_size == 16
    assert abs(right.lrs[0] - 1e-6) < 1e-9 and right.lrs[-1] == 1


def test_the_copy_protects_the_model():
    """Training a deep copy leaves the model as it is; an optimizer of the model would train the model instead."""
    model = nn.Linear(3, 1)
    trial, before = copy.deepcopy(model), model.weight.detach().clone()
    for net, moved in ((trial, trial), (model, model)):
        optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
        net(torch.ones(2, 3)).sum().backward()
        optimizer.step()
        assert not torch.equal(moved.weight, before)
        assert torch.equal(model.weight, before) == (net is trial)


def test_a_factor_of_two_on_a_parabola():
    """On w², a rate of 0.5 reaches the minimum in one step, and a rate above 1 diverges."""

    def after(lr, steps=20):
        w = 1.0
        for _ in range(steps):
            w -= lr * 2 * w
        return abs(w)

    assert after(0.5, steps=1) == 0 and after(0.99) < 1 < after(1.01)


def test_nan_exceeds_nothing():
    """A loss of NaN does not exceed a multiple of the best, so it needs a test of its own."""
    w = torch.tensor([torch.inf])
    loss = (w - w).square().sum().item()
    assert not loss > 4 * 0.1 and not loss <= 4 * 0.1


def test_all_groups():
    """Each parameter group has a rate of its own, and setting that of the first leaves the others."""
    optimizer = torch.optim.SGD([{"params": nn.Linear(2, 1).parameters()}, {"params": nn.Linear(2, 1).parameters()}], lr=0.1)
    optimizer.param_groups[0]["lr"] = 0.5
    assert [g["lr"] for g in optimizer.param_groups] == [0.5, 0.1]
