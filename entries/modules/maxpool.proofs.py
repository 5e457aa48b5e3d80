"""Proofs of maxpool."""

import torch


def test_default(default):
    """Sizes, values, and what lies outside."""
    assert default.ceil[0, 0, 2, 2] == -25  # alone in its window: outside is -inf, not 0
    assert torch.equal(default.ceil[..., :2, :2], default.floor)
    windows = default.x.unfold(2, 2, 2).unfold(3, 2, 2)  # (N, C, 2, 2, 2, 2)
    assert torch.equal(windows.amax((-1, -2)), default.floor)


def test_unpool(unpool):
    """Remember where each maximum was."""
    assert torch.equal(unpool.back, torch.where(unpool.x >= 8, unpool.x, torch.zeros(())))
