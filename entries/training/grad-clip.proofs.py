"""Proofs of grad-clip."""

import torch


def test_default(default):
    """Clip by total norm inside a training step."""
    torch.testing.assert_close(
        default.before, default.raw.square().sum().sqrt()
    )  # returns the old norm
    torch.testing.assert_close(
        default.clipped, default.raw / default.raw.norm()
    )  # same direction, length 1


def test_by_value(by_value):
    """Clip each element by value (the direction changes)."""
    torch.testing.assert_close(by_value.w.grad, torch.tensor([0.3, -0.5, 0.5]))
