"""Proofs of kernel-too-big."""

import torch
from torch import nn


def test_default(default):
    """Padding keeps the size, adaptive pooling takes any."""
    smallest = nn.Conv2d(1, 4, 3)(torch.ones(1, 1, 3, 3))
    assert smallest.shape == (1, 4, 1, 1) and default.image.shape == (1, 2, 1, 1)


def test_right_pool(right_pool):
    """An output size instead of a kernel."""
    rows = torch.arange(24.0).view(1, 3, 8)  # (C, H, W)
    assert nn.AdaptiveMaxPool2d((1, 2))(rows).tolist() == [[[19, 23]]]
