"""Proofs of one-hot."""

import torch


def test_default(default):
    """Encode labels and a segmentation mask."""
    by_hand = [[int(c == y) for c in range(5)] for y in default.labels.tolist()]
    assert default.dense.tolist() == by_hand and default.dense.dtype == torch.int64
    assert torch.equal(default.dense.argmax(dim=1), default.labels)  # and back again
    assert default.planes.dtype == torch.float32
    assert default.planes[0, 1].tolist() == [[0, 1, 1], [0, 0, 1]]  # where class 1 is


def test_scatter(scatter):
    """Write soft targets with scatter_, read them back with gather."""
    expected = [[0.9 if c == y else 0.025 for c in range(5)] for y in [0, 2, 1, 3]]
    torch.testing.assert_close(scatter.soft, torch.tensor(expected))
    assert (
        scatter.soft.gather(1, scatter.column).squeeze(1).tolist()
        == [scatter.soft.max().item()] * 4
    )


def test_right(right):
    """Right: shift them to start at 0."""
    assert right.dense.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
