"""Proofs of squeeze."""

import torch


def test_default(default):
    """With dim, without, and with several."""
    assert torch.equal(default.x.squeeze(0).unsqueeze(0), default.x)


def test_right(right):
    """Name the dim."""
    assert right.losses == [1.0] * (4 + 1)
