"""Proofs of avgpool."""

import torch
from torch.nn import functional as F


def test_default(default):
    """Means of windows, and what padding does to them."""
    assert default.pooled[0, 0, 0, 0] == (1 + 2 + 5 + 6 + 9 + 10) / 6
    torch.testing.assert_close(
        F.conv2d(default.x, default.kernel, stride=(3, 2), groups=2), default.pooled
    )
