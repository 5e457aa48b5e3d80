"""Proofs of amp-grad-accumulation."""

import math

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    model = nn.Linear(4, 2, bias=False)
    return {
        "torch": torch,
        "device": torch.device("cpu"),
        "loader": [(torch.full((3, 4), i + 1.0), torch.zeros(3, 2)) for i in range(6)],
        "model": model,
        "criterion": lambda out, y: out.float().sum() / 64 if out.dtype == torch.float16 else None,
        "optimizer": torch.optim.SGD(model.parameters(), lr=1.0),
        "scaler": torch.amp.GradScaler("cpu", init_scale=256.0),
    }


def test_answer(answer):
    """Six batches in windows of four give two updates, by a fourth of the sum of their gradients."""
    torch.manual_seed(0)
    start = nn.Linear(4, 2, bias=False).weight.detach()
    moved = sum(3 * (i + 1) / 64 / 4 for i in range(6))
    torch.testing.assert_close(answer.model.weight.detach(), start - moved)
    assert answer.model.weight.grad is None
    assert answer.scaler._growth_tracker.item() == 2  # good steps


def test_default(default):
    """The accumulated gradient is that of the mean over the window, clipped by its norm."""
    torch.manual_seed(0)
    x, y, start = torch.randn(14, 4), torch.randn(14, 2), nn.Linear(4, 2)
    weight, bias = start.weight.detach(), start.bias.detach()
    for part in (slice(0, 6), slice(6, 12), slice(12, 14)):
        error = (x[part] @ weight.T + bias - y[part]) * 2 / y[part].numel()  # (N, K)
        grads = error.T @ x[part], error.sum(dim=0)
        norm = math.sqrt(sum(g.square().sum().item() for g in grads))
        rate = 0.2 * min(1.0, 1.5 / norm)
        weight, bias = weight - rate * grads[0], bias - rate * grads[1]
    near = {"rtol": 4e-3, "atol": 4e-3}
    torch.testing.assert_close(default.model.weight.cpu(), weight, **near)
    torch.testing.assert_close(default.model.bias.cpu(), bias, **near)


def test_right(right):
    """One step applies the sum of the gradients of both batches."""
    assert right.w.tolist() == [1 - 0.5 * (3 + 5) / 2, 2 - 0.5 * (3 + 5) / 2]


def window(slopes):
    w = nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([w], lr=0.5)
    scaler = torch.amp.GradScaler("cpu", init_scale=64.0)
    for slope in slopes:
        scaler.scale(w.sum() * slope).backward()
    return w, optimizer, scaler


def test_one_overflow_skips_the_window():
    """Gradients add up while they are scaled; one overflow in a window skips the step of the whole window."""
    for slopes, after in (((1.0, 2.0), 1 - 0.5 * 3), ((1.0, math.inf), 1)):
        w, optimizer, scaler = window(slopes)
        assert w.grad.item() == 64 * sum(slopes)
        scaler.step(optimizer)
        scaler.update()
        assert w.item() == after


def test_unscale_once(raises):
    """unscale_ divides by the scale once per update(); a second call before update() raises."""
    w, optimizer, scaler = window((1.0, 2.0))
    scaler.unscale_(optimizer)
    assert w.grad.item() == 3
    with raises(RuntimeError, "unscale_() has already been called on this optimizer"):
        scaler.unscale_(optimizer)


def test_update_needs_a_step_or_unscale(raises):
    """update() raises if neither step() nor unscale_() was called since the last update(), or if there were no gradients."""
    w, optimizer, scaler = window((1.0,))
    with raises(AssertionError, "No inf checks were recorded prior to update"):
        scaler.update()
    for call in (scaler.step, scaler.unscale_):
        call(optimizer)
        scaler.update()
    optimizer.zero_grad()
    scaler.unscale_(optimizer)
    with raises(AssertionError, "No inf checks were recorded prior to update"):
        scaler.update()


def test_a_partial_window_stays():
    """With i % 4 == 0 alone, the gradients of the last two of six batches stay in .grad."""
    w, optimizer, scaler = window(())
    for i in range(1, 7):
        scaler.scale(w.sum() * i).backward()
        if i % 4 == 0:
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()
    assert (w.item(), w.grad.item()) == (1 - 0.5 * (1 + 2 + 3 + 4), 64 * (5 + 6))


def test_batchnorm_sees_small_batches():
    """In train() mode BatchNorm normalizes each small batch by its own mean and variance."""
    x, norm = torch.tensor([[1.0], [3.0], [20.0], [26.0]]), nn.BatchNorm1d(1)
    for part, mean in ((x[:2], 2), (x[2:], 23)):
        by_hand = (part - mean) / ((part - mean).square().mean() + 1e-5).sqrt()
        torch.testing.assert_close(norm(part), by_hand)


def test_unequal_batches():
    """Dividing mean losses of unequal batches by their number weighs samples unequally; sums over samples do not."""
    parts = ([1.0, 2.0, 6.0], [7.0])
    of_means = sum(sum(part) / len(part) for part in parts) / 2
    of_sums = sum(sum(part) for part in parts) / 4
    for reduce, expected in ((torch.mean, of_means), (torch.sum, of_sums)):
        w = nn.Parameter(torch.ones(()))
        for part in parts:
            (reduce(w * torch.tensor(part)) / (2 if reduce is torch.mean else 4)).backward()
        assert w.grad.item() == expected
    assert of_means != of_sums
