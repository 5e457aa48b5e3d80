"""Proofs of indexing."""

import torch


def test_default(default):
    """Views and copies."""
    assert default.x.tolist() == [[0, 1, 2, 3], [99, 5, 6, 7], [8, 9, 10, 11]]


def test_right(right):
    """Right: give the tensor its second dimension."""
    assert torch.equal(right.points[:, right.index], right.points.index_select(1, right.index))


def test_wrong_repeat(wrong_repeat):
    """Wrong: += with a repeated index counts once."""
    assert wrong_repeat.counts[2] == 1  # not 3


def test_right_repeat(right_repeat):
    """Right: index_add_ adds every time."""
    assert right_repeat.counts.tolist() == [[0, 2, 2, 2].count(c) for c in range(3)]
