"""Proofs of view-vs-reshape."""

import torch


def test_default(default):
    """Who shares memory, who copies."""
    assert default.x[0, 1] == 100 and default.copied.tolist() == [0, 3, 1, 4, 2, 5]


def test_right(right):
    """Right: reshape, or contiguous first."""
    assert right.y[1].tolist() == [12 + 4 * c + l for l in range(4) for c in range(3)]
    assert torch.equal(right.y, right.x.permute(0, 2, 1).contiguous().view(2, 12))


def test_axes(axes):
    """reshape does not swap axes."""
    assert axes.swapped.shape == axes.scrambled.shape
    assert axes.swapped[:, 1, 0].tolist() == axes.image[1, 0].tolist() == [6, 7, 8]
