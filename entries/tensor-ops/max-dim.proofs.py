"""Proofs of max-dim."""

import torch


def test_default(default):
    """Down the columns, along the rows."""
    assert default.share.amax(1).tolist() == [1.0] * 3
    assert torch.equal(torch.maximum(default.x, torch.tensor(5.0)), default.x.clamp(min=5))


def test_ties(ties):
    """Gradients with ties, and NaN."""
    assert ties.x.max(1).indices.item() == ties.x[0].tolist().index(5.0)  # the first of the tie


def test_right(right):
    """Take the values."""
    assert torch.equal(right.x.max(dim=1).values, right.x.amax(1))
