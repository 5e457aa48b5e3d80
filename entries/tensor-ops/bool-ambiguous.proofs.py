"""Proofs of bool-ambiguous."""

import torch


def test_default(default):
    """& for each element, any and all for one answer."""
    assert torch.where(default.inside, default.x, 0.0).tolist() == [0.0, 0.0, 0.5, 0.0]


def test_right_loss(right_loss):
    """Make it, then call it."""
    torch.testing.assert_close(
        right_loss.loss, -right_loss.logits.log_softmax(1)[[0, 1], right_loss.target].mean()
    )
