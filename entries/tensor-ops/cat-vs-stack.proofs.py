"""Proofs of cat-vs-stack."""

import torch


def test_default(default):
    """The shapes, and one in terms of the other."""
    stacked = torch.stack([default.a, default.b, default.c], dim=1)  # (10, 3, 5)
    assert torch.equal(
        stacked, torch.cat([t.unsqueeze(1) for t in (default.a, default.b, default.c)], dim=1)
    )
    assert stacked[4, :, 2].tolist() == [0.0, 1.0, 2.0]
    assert torch.equal(stacked.unbind(dim=1)[2], default.c)  # unbind undoes stack


def test_different_sizes(different_sizes):
    """cat joins tensors of different lengths and dtypes."""
    assert (
        different_sizes.both.tolist()
        == different_sizes.short.tolist() + different_sizes.long.tolist()
        and different_sizes.both.dtype == torch.float32
    )


def test_right(right):
    """Right: pad them to one length."""
    assert right.batch.tolist() == [[1, 2, 3], [4, 5, -1]]
