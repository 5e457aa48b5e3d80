"""Proofs of chunk."""

import torch


def test_default(default):
    """Sizes of the pieces."""
    assert torch.equal(torch.stack(default.pieces["unbind"], dim=1), default.x)


def test_right(right):
    """tensor_split keeps its word."""
    assert [len(part) for part in (right.a, right.b, right.c, right.d)] == [2, 1, 1, 1]
