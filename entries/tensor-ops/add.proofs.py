"""Proofs of add."""

import torch


def test_default(default):
    """Four ways, and who sees the change."""
    assert (
        torch.equal(default.alias, default.x)
        and default.view.data_ptr() != default.x[1:].data_ptr()
    )


def test_right(right):
    """Make a new tensor."""
    assert (right.count - 0.5).tolist() == [1, 2, 3]
