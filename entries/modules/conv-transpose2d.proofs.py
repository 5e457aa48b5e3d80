"""Proofs of conv-transpose2d."""

import torch
from torch.nn import functional as F


def test_default(default):
    """Sizes, and the sum it computes."""
    torch.testing.assert_close(default.y, default.by_hand)
    cropped = F.conv_transpose2d(default.x, default.w, stride=2, padding=1)
    torch.testing.assert_close(cropped, default.by_hand[..., 1:-1, 1:-1])  # padding cuts


def test_checkerboard(checkerboard):
    """How often each output cell is painted."""
    assert checkerboard.counts[..., 2:-2].unique().tolist() == [2]  # even, but for the border
