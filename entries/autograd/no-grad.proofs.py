"""Proofs of no-grad."""

import torch


def test_default(default):
    """What each switch does."""
    assert default.scale.grad.tolist() == [4.0, 9.0] and default.w.grad is None


def test_freeze(freeze):
    """A frozen layer still passes gradients on."""
    assert freeze.frozen.weight.grad is None
    torch.testing.assert_close(
        freeze.first.weight.grad, freeze.frozen.weight.T @ freeze.x
    )  # chain rule


def test_right(right):
    """Right: record it."""
    assert right.w.grad.tolist() == [2 * 2.0, 2 * 3.0]
