"""Proofs of transforms-val."""

import torch


def test_default(default):
    """Resize the shorter side, crop the center."""
    assert (
        default.rows.float().mean() == default.columns.float().mean() == (24 - 1) / 2
    )  # still centered
    torch.testing.assert_close(default.x[:, 0, 0], -default.mean / default.std)
    assert torch.equal(
        default.center_crop(default.resize_shorter(default.image, 30), 24), default.cropped
    )  # no chance
