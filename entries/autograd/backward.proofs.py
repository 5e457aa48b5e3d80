"""Proofs of backward."""

import torch


def test_default(default):
    """A gradient checked by hand and by differences."""
    slope = (default.f(default.p + default.step) - default.f(default.p - default.step)) / 2e-4
    assert abs(slope.item() - 4.5) < 1e-9


def test_intermediate(intermediate):
    """The gradient of an intermediate result."""
    assert intermediate.y.grad.tolist() == [2 * 3.0, 2 * 6.0]
    assert torch.equal(intermediate.x.grad, 3 * intermediate.y.grad)  # the chain rule


def test_right(right):
    """Right: say how they are to be weighted."""
    (again,) = torch.autograd.grad((right.x**2 * torch.tensor([1.0, 0.0, 0.5])).sum(), right.x)
    assert right.x.grad.tolist() == again.tolist() == [1 * 2 * 1, 0 * 2 * 2, 0.5 * 2 * 4]
