"""Proofs of grouped-conv."""

import matplotlib.pyplot as plt
import torch
from torch.nn import functional as F


def test_default(default):
    """Two groups are two half convolutions."""
    halves = [
        F.conv2d(default.x[:, :2], default.conv.weight[:3], default.conv.bias[:3]),  # (1, 3, 3, 5)
        F.conv2d(default.x[:, 2:], default.conv.weight[3:], default.conv.bias[3:]),
    ]
    torch.testing.assert_close(default.conv(default.x), torch.cat(halves, dim=1))
    assert default.mixed == [0, 3, 1, 4, 2, 5]


def test_plot(plot):
    """Which input reaches which output."""
    assert plt.imread("groups.png").size > 0


def test_right(right):
    """Both counts divide by 3."""
    assert right.conv.weight.numel() * 3 == 9 * 6 * 3 * 3  # a third of the full convolution
