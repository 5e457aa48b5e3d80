"""Proofs of scatter."""

import torch


def test_default(default):
    """Sums and means per group."""
    assert default.total.tolist() == [default.values[default.group == g].sum() for g in range(3)]


def test_mirror(mirror):
    """scatter_ puts back what topk took."""
    assert torch.equal(mirror.kept.gather(1, mirror.index), mirror.top)
    assert torch.equal(mirror.scores.index_select(0, torch.tensor([1, 0])), mirror.scores.flip(0))
