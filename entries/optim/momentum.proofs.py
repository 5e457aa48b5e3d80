"""Proofs of momentum."""

import math

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    return {"torch": torch, "model": nn.Linear(3, 2)}


def path(grads, m=0.9, lr=0.1, **options):
    w = nn.Parameter(torch.tensor(0.0, dtype=torch.float64))
    optimizer = torch.optim.SGD([w], lr=lr, momentum=m, **options)
    seen = [0.0]
    for grad in grads:
        w.grad = torch.tensor(grad, dtype=torch.float64)
        optimizer.step()
        seen.append(w.item())
    return seen


def close(a, b):
    return all(math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-9) for x, y in zip(a, b, strict=True))


def test_answer(answer):
    """SGD with momentum=0.9 computes v = 0.9 * v + grad and then w = w - lr * v."""
    w, v = answer.model.weight.detach().clone(), torch.zeros(2, 3)
    for scale in (1.0, -2.0, 5.0):
        answer.optimizer.zero_grad()
        (scale * answer.model(torch.tensor([[1.0, 2.0, 3.0]]))).sum().backward()
        v = 0.9 * v + answer.model.weight.grad
        w = w - 0.01 * v
        answer.optimizer.step()
    torch.testing.assert_close(answer.model.weight.detach(), w)


def test_default(default):
    """In a valley that is 40 times steeper one way, 0.7 reaches a far smaller loss in 50 steps than plain SGD."""
    for momentum in (0.0, 0.7):
        w, v = [4.0, 1.0], [0.0, 0.0]
        for _ in range(50):
            loss = 0.5 * (w[0] ** 2 + 40 * w[1] ** 2)
            v = [momentum * v[0] + w[0], momentum * v[1] + 40 * w[1]]
            w = [w[0] - 0.04 * v[0], w[1] - 0.04 * v[1]]
        assert loss < (1e-5 if momentum else 0.2)
    assert math.isclose(default.loss.item(), loss, rel_tol=0.01)


def test_buffer(buffer):
    """The buffer of three gradients 1, 2, 3 is 0.81 * 1 + 0.9 * 2 + 3."""
    assert math.isclose(buffer.v.item(), 0.81 * 1 + 0.9 * 2 + 3, rel_tol=1e-6)
    assert "momentum_buffer" in buffer.optimizer.state_dict()["state"][0]


def test_nesterov(nesterov):
    """nesterov=True steps along grad + m * v."""
    w, v = 5.0, 0.0
    for grad in (1.0, 2.0, 3.0):
        v = 0.9 * v + grad
        w -= 0.1 * (grad + 0.9 * v)
    assert math.isclose(nesterov.w.item(), w, rel_tol=1e-6)


def test_steps_grow_to_a_limit():
    """Under a constant gradient, v grows to 1 / (1 - m) times it: 10 times with 0.9, 100 times with 0.99."""
    for m, times in ((0.9, 10), (0.99, 100)):
        seen = path([2.0] * 3000, m=m)
        assert math.isclose(seen[-2] - seen[-1], 0.1 * 2 * times, rel_tol=1e-6)


def test_alternating_gradients_cancel():
    """If the gradient alternates between g and -g, v shrinks to g / (1 + m)."""
    seen = path([2.0, -2.0] * 500)
    assert math.isclose(abs(seen[-2] - seen[-1]), 0.1 * 2 / 1.9, rel_tol=1e-6)


def test_textbook_form():
    """The average m * v + (1 - m) * grad takes the same path with a learning rate 1 / (1 - m) times as large."""
    w, v, seen = 0.0, 0.0, [0.0]
    for grad in (1.0, 2.0, -3.0, 5.0):
        v = 0.9 * v + (1 - 0.9) * grad
        w -= 0.1 / (1 - 0.9) * v
        seen.append(w)
    assert close(path([1.0, 2.0, -3.0, 5.0]), seen)


def test_dampening():
    """dampening=d computes m * v + (1 - d) * grad, and the first v is the gradient itself."""
    w, v, seen = 0.0, None, [0.0]
    for grad in (1.0, 2.0, -3.0, 5.0):
        v = grad if v is None else 0.9 * v + (1 - 0.3) * grad
        w -= 0.1 * v
        seen.append(w)
    assert close(path([1.0, 2.0, -3.0, 5.0], dampening=0.3), seen)


def test_resuming_without_the_buffer():
    """A new optimizer starts with v equal to the gradient; one that loads the state goes on with the old v."""
    w = nn.Parameter(torch.tensor(0.0))
    old = torch.optim.SGD([w], lr=0.1, momentum=0.9)
    for _ in range(20):
        w.grad = torch.tensor(1.0)
        old.step()
    steps = []
    for load in (False, True):
        new = torch.optim.SGD([w], lr=0.1, momentum=0.9)
        if load:
            new.load_state_dict(old.state_dict())
        before = w.item()
        new.step()
        steps.append(before - w.item())
    assert math.isclose(steps[0], 0.1, rel_tol=1e-4) and steps[1] > 0.8


def test_refused_values(raises):
    """nesterov=True raises without momentum or with dampening, and a negative momentum raises."""
    w = nn.Parameter(torch.zeros(1))
    for options in ({}, {"momentum": 0.9, "dampening": 0.1}):
        with raises(ValueError, "Nesterov momentum requires a momentum and zero dampening"):
            torch.optim.SGD([w], lr=0.1, nesterov=True, **options)
    with raises(ValueError, "Invalid momentum value: -0.9"):
        torch.optim.SGD([w], lr=0.1, momentum=-0.9)
    assert path([1.0], dampening=0, nesterov=True)[1] == -0.1 * 1.9
