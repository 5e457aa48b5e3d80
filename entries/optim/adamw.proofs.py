"""Proofs of adamw."""

import torch


def test_wrong(wrong):
    """Wrong: Adam divides the decay away."""
    kept = wrong.decayed / wrong.free
    assert abs(kept[1].item() - 1) < 1e-3  # large gradients: no decay to speak of


def test_right(right):
    """Right: AdamW decays both alike."""
    kept = right.decayed / right.free
    torch.testing.assert_close(kept[0], kept[1])
    assert abs(kept[1].item() - (1 - 0.1 * 0.2) ** 5) < 0.01  # five steps of decay
