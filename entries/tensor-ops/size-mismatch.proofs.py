"""Proofs of size-mismatch."""

import torch


def test_default(default):
    """A dim of size 1 where it is to be repeated."""
    assert default.shifted[2].tolist() == [35.0, 36.0]
    assert torch.broadcast_shapes((3, 2), (3, 1)) == default.shifted.shape


def test_silent(silent):
    """When it fits by accident: (N, 1) - (N,) is (N, N)."""
    assert silent.difference.shape == (3, 3)
    assert (silent.prediction.squeeze(1) - silent.target).pow(2).mean() == 0
