"""Proofs of sequence-mask."""

import torch


def test_default(default):
    """Masked mean and masked softmax."""
    assert default.mean.tolist() == [(1 + 2 + 6) / 3, 5.0]
    assert default.weights[1].tolist() == [1.0, 0.0, 0.0, 0.0]
    torch.testing.assert_close(default.weights[0, :3], default.x[0, :3].softmax(0))
