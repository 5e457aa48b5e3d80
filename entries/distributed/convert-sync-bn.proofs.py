"""Proofs of convert-sync-bn."""

import torch


def test_default(default):
    """Convert a nested model."""
    assert default.before.keys() == default.synced.state_dict().keys()
    torch.testing.assert_close(dict(default.synced.state_dict()), default.before)
    torch.testing.assert_close(
        default.synced.eval()(default.x), default.y
    )  # eps, affine, and buffers came along
    assert default.synced[1].num_batches_tracked.item() == 1


def test_right(right):
    """Swap layers by hand, copying the whole state."""
    assert right.model[0].weight.tolist() == [3.0] * 4 and right.model[0].eps == 0.5
    norm = right.model[1][0]
    assert norm.num_batches_tracked.item() == 1 and norm.momentum == 0.3
    assert not norm.training
    torch.testing.assert_close(norm.running_mean, 0.3 * right.x.mean((0, 2, 3)))
