"""Proofs of cpu-oom."""

import torch


def test_default(default):
    """In chunks: an eighth of the memory at a time."""
    torch.testing.assert_close(default.farthest, default.full.amax(dim=0))


def test_right(right):
    """Number the ids that occur."""
    assert (
        right.known[right.compact].tolist() == right.ids.tolist() and right.table.nbytes == 2 * 4
    )
