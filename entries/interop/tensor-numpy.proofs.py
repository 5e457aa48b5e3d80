"""Proofs of tensor-numpy."""

import numpy as np
import torch


def test_default(default):
    """Both ways, and who shares memory."""
    assert default.shared[0, 1] == default.alias[0, 1] == 20 and default.copied[0, 1] == 2
    assert default.shared.float().zero_().dtype == torch.float32  # what a model wants: a copy
    assert np.array_equal((default.w * 2).numpy(force=True), default.array)


def test_right(right):
    """Right: copy it first."""
    assert right.x.tolist() == [row[::-1] for row in right.image.tolist()]


def test_right_grad(right_grad):
    """Right: detach it."""
    assert right_grad.y.requires_grad and right_grad.y.sum() == 6
