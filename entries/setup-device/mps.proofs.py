"""Proofs of mps."""

import torch


def test_default(default):
    """Choose mps, and cast to float32 before the move."""
    assert default.y.tolist() == [v * v + 1 for v in range(4)]
    assert torch.backends.mps.is_built() or not torch.backends.mps.is_available()


def test_float64(float64):
    """Where float64 matters, do that one step on the CPU."""
    assert float64.exact.item() == 2**24 + 2
