"""Proofs of adaptive-avg-pool."""

import torch


def test_default(default):
    """Any input size, and the windows by hand."""
    by_hand = torch.stack([default.row[..., a:b].mean() for a, b in default.bounds])
    torch.testing.assert_close(default.y, by_hand)


def test_right(right):
    """flatten(1) keeps the batch."""
    assert right.logits.shape == (1, 4), f"logits have shape {tuple(right.logits.shape)}"
    torch.testing.assert_close(right.logits[0], right.head.weight.sum(1) + right.head.bias)
