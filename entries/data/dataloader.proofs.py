"""Proofs of dataloader."""

import torch


def test_default(default):
    """A dataset of your own, in shuffled batches."""
    assert default.seen == [4, 4, 2]  # drop_last=True would drop the 2
    assert default.first != default.y.tolist()


def test_tensors(tensors):
    """Tensors in memory, pinned and copied without blocking."""
    assert len(tensors.batches) == 1 and torch.equal(tensors.batches[0][0].cpu(), tensors.x[:4])
    assert tensors.batches[0][1].tolist() == [0, 1, 2, 3]  # in order: no shuffle
