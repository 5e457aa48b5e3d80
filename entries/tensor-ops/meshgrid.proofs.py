"""Proofs of meshgrid."""

import numpy as np
import torch


def test_default(default):
    """Both conventions, and anchor centers."""
    assert torch.equal(default.also_xs, default.xs) and torch.equal(default.also_ys, default.ys)
    numpy_xs, _ = np.meshgrid(default.x.numpy(), default.y.numpy())
    assert (numpy_xs == default.xs.numpy()).all()
    by_hand = [[8 + 16 * j, 8 + 16 * i] for i in range(2) for j in range(3)]
    assert default.centers.tolist() == by_hand
    assert torch.equal(torch.cartesian_prod(default.y, default.x).flip(1), default.centers)


def test_right(right):
    """y first with "ij."""
    assert right.xs.shape == (right.height, right.width), f"the grid is {tuple(right.xs.shape)}"
