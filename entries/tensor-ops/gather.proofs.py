"""Proofs of gather."""

import torch


def test_default(default):
    """One value per row, and the way back."""
    assert default.picked.squeeze(1).tolist() == [
        default.x[i, k].item() for i, k in enumerate(default.label)
    ]
    assert torch.equal(default.picked.squeeze(1), default.x[torch.arange(4), default.label])
    assert torch.equal(default.x.gather(1, default.order), default.x.flip(1))
    assert torch.equal(default.x[:, [2, 0]], default.x.index_select(1, torch.tensor([2, 0])))
    weights = torch.zeros(4, 3).scatter_(1, default.label[:, None], 1.0)  # the mirror: one-hot
    assert torch.equal((weights * default.x).sum(1), default.picked.squeeze(1))


def test_right(right):
    """Add the dim."""
    assert right.x.take_along_dim(right.label[:, None], 1).sum() == 2 + 3 + 7 + 11
