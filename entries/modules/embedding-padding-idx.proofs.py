"""Proofs of embedding-padding-idx."""

import torch


def test_default(default):
    """No gradient for the row, but it still counts in a mean."""
    assert default.vectors[1, 1:].count_nonzero() == 0
    assert default.embedding.weight[0].tolist() == [0.0, 0.0]  # it did not move
    torch.testing.assert_close(
        default.embedding.weight.grad[4], 2 * default.vectors[1, 0].detach()
    )
    torch.testing.assert_close(default.masked[1], default.vectors[1, 0])


def test_right(right):
    """Zero the row again."""
    pad = right.embedding.padding_idx
    assert right.embedding.weight[pad].count_nonzero() == 0, f"row {pad} is not zero"
