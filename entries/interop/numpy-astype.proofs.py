"""Proofs of numpy-astype."""

import numpy as np
import torch


def test_default(default):
    """The same casts on both sides."""
    assert default.same is default.tensor and default.array.astype(np.float64) is not default.array
    assert default.array.astype(np.float64, copy=False) is default.array


def test_right(right):
    """Cast on the way in."""
    torch.testing.assert_close(right.y[1], right.layer.weight.sum(1) + right.layer.bias)
