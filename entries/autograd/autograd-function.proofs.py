"""Proofs of autograd-function."""

import torch
import torch.nn.functional as F


def test_default(default):
    """A leaky ReLU with its own backward, checked."""
    (expected,) = torch.autograd.grad(F.leaky_relu(default.x, 0.25).square().sum(), default.x)
    assert torch.equal(default.grad, expected)
    assert torch.autograd.gradcheck(default.Leaky.apply, (default.x, 0.25))


def test_right(right):
    """Right: None for the input without gradient."""
    assert right.x.grad.tolist() == [2 * 3 * 3 * 1, 2 * 3 * 3 * 2]  # d/dx (3 x)²
