"""Proofs of result-type-cast."""

import torch


def test_default(default):
    """A float tensor takes the result."""
    assert default.counts.sum() == 1 and default.counts[1] == 4 / 12


def test_right_bce(right_bce):
    """Float labels."""
    p = right_bce.logits.sigmoid()
    torch.testing.assert_close(
        right_bce.loss, -torch.stack([p[0], 1 - p[1], 1 - p[2]]).log().mean()
    )
