"""Proofs of optimizers."""

import torch
from torch import nn


def given():
    return {"torch": torch, "model": nn.Linear(3, 2)}


def test_answer(answer):
    """AdamW takes the parameters and a learning rate; its weight decay is 0.01 unless you say otherwise."""
    (group,) = answer.optimizer.param_groups
    assert type(answer.optimizer) is torch.optim.AdamW
    assert (group["lr"], group["weight_decay"]) == (3e-4, 0.01)
    assert [id(p) for p in group["params"]] == [id(p) for p in answer.model.parameters()]


def test_default(default):
    """With AdamW, 100 steps lower the loss below a fifth of the variance of the target."""
    assert default.name == "AdamW"
    assert default.loss < default.y.var() / 5
    assert default.x.flatten().tolist()[::29] == [-1, 1] and torch.equal(default.y, default.x.square())
    assert default.optimizer.param_groups[0]["lr"] == 0.01


def test_sgd(sgd):
    """A cosine schedule with T_max=epochs lets the rate fall along half a cosine."""
    (group,) = sgd.optimizer.param_groups
    assert (group["initial_lr"], group["momentum"], group["weight_decay"]) == (0.1, 0.9, 1e-4)
    assert sgd.scheduler.T_max == 5 and abs(group["lr"]) < 1e-9
    assert sgd.y.tolist() == [int(image.sum() > 0) for image in sgd.x]


def test_first_step(first_step):
    """SGD moves by lr times the gradient, Adam by lr against its sign, AdamW by lr * weight_decay * w more."""
    for make, expected in (
        (lambda p: torch.optim.SGD(p, lr=0.2), [-0.2 * 0.01, -0.2 * 100]),
        (lambda p: torch.optim.Adam(p, lr=0.2), [-0.2, -0.2]),
        (lambda p: torch.optim.AdamW(p, lr=0.2, weight_decay=0.5), [-0.2 - 0.2 * 0.5] * 2),
    ):
        torch.testing.assert_close(torch.tensor(first_step.first_step(make)), torch.tensor(expected))


def test_adam_moves_by_lr():
    """While the gradient keeps its sign, Adam's first steps move each weight by about lr, for gradients from 1e-4 to 1e5."""
    for size in (1e-4, 1.0, 1e5):
        w = nn.Parameter(torch.tensor(0.0))
        optimizer = torch.optim.AdamW([w], lr=0.1, weight_decay=0)
        for step in range(5):
            before = w.item()
            w.grad = torch.tensor(size * (1 + 0.3 * step))
            optimizer.step()
            assert 0.09 < before - w.item() < 0.11


def test_memory():
    """Plain SGD stores nothing besides the weights, with momentum one copy of them, and Adam two."""
    for make, copies in (
        (lambda p: torch.optim.SGD(p, lr=0.1), 0),
        (lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), 1),
        (lambda p: torch.optim.Adam(p, lr=0.1), 2),
        (lambda p: torch.optim.AdamW(p, lr=0.1), 2),
    ):
        w = nn.Parameter(torch.ones(3, 4))
        optimizer = make([w])
        w.sum().backward()
        optimizer.step()
        stored = [v for v in optimizer.state[w].values() if torch.is_tensor(v) and v.shape == w.shape]
        assert len(stored) == copies


def test_wrong(wrong):
    """A layer that replaced another after the optimizer was built gets gradients but does not move."""
    assert wrong.model[1].bias.grad.tolist() == [2.0] * 5
    assert torch.equal(wrong.model[1].bias, wrong.before)


def test_right(right):
    """An optimizer built after the replacement moves the new layer by lr times its gradient."""
    torch.testing.assert_close(right.model[1].bias.detach(), right.before - 0.1 * 2)
    assert [tuple(layer.weight.shape) for layer in right.model] == [(4, 3), (5, 4)]
    assert right.model[0].weight.grad is not None


def test_adam_with_a_gradient_of_zero():
    """Adam's first step leaves a weight with a gradient of 0 where it is, and moves one with 1e-9 by less than lr / 10."""
    w = nn.Parameter(torch.ones(3))
    w.grad = torch.tensor([0.0, 1e-9, 1e-3])
    torch.optim.Adam([w], lr=0.1).step()
    none, little, full = (1 - w).tolist()
    assert none == 0 and 0 < little < 0.01 and 0.09 < full < 0.11
