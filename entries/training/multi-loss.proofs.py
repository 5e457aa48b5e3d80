"""Proofs of multi-loss."""

import torch


def test_default(default):
    """One backward for the sum; measure each loss on the shared layer."""
    torch.testing.assert_close(default.trunk.weight.grad, default.together)


def test_right(right):
    """Right: add them, then backward."""
    by_hand = right.w.detach().exp() + 2 * (2 * right.w.detach()).exp()  # e^w + 2 e^(2w)
    torch.testing.assert_close(right.w.grad, by_hand)
