"""Proofs of collect-predictions."""

import torch


def test_default(default):
    """All logits and labels in one pass."""
    torch.testing.assert_close(default.logits, default.whole.detach(), rtol=1e-4, atol=1e-5)
    assert torch.equal(default.labels, default.y) and not torch.equal(
        default.mixed_labels, default.y
    )


def test_right(right):
    """Right: cat along the samples."""
    assert torch.equal(right.joined, right.scores)
