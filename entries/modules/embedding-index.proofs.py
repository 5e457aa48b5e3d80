"""Proofs of embedding-index."""

import torch


def test_default(default):
    """Size the table by the largest id."""
    assert torch.equal(default.out[0, 2], default.embedding.weight[-1])


def test_find(find):
    """Find the bad ids before the look-up."""
    assert find.fixed.tolist() == [[1, find.unk, 0], [4, find.pad, 2]]
    assert torch.equal(find.embedding(find.fixed)[1, 1], find.embedding.weight[find.pad])
