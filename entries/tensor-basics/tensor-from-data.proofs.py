"""Proofs of tensor-from-data."""

import torch


def test_default(default):
    """Inferred dtypes, copies, and shared memory."""
    assert torch.as_tensor(default.shared) is default.shared


def test_right(right):
    """Right: torch.stack."""
    assert [row.tolist() for row in right.batch] == [row.tolist() for row in right.rows]


def test_right_ragged(right_ragged):
    """Right: pad to the longest row."""
    assert right_ragged.batch.tolist() == [s + [-1] * (3 - len(s)) for s in right_ragged.sentences]
