"""Proofs of next-batch."""

import torch


def test_default(default):
    """One batch, the next ones, and the end."""
    assert default.batch.tolist() == default.again.tolist() == [0, 10]
    assert default.taken == [[0, 10], [20, 30], [40]]


def test_endless(endless):
    """Train for a number of steps, newly shuffled in each pass."""
    assert (
        sorted(endless.first) == sorted(endless.second) == [0, 1, 2, 3, 4, 5]
    )  # each pass sees all
    assert endless.first != endless.second  # in another order


def test_right(right):
    """Right: the built-in next()."""
    assert torch.equal(right.images, right.x[:2]) and torch.equal(right.labels, right.y[:2])
