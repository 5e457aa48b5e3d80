"""Proofs of export."""

import torch


def test_default(default):
    """Export the preprocessing with the model."""
    bright = (default.more / 255 - torch.tensor([0.5, 0.4, 0.3])) / torch.tensor([0.2, 0.25, 0.5])
    expected = default.network(bright.permute(0, 3, 1, 2)).softmax(1)
    torch.testing.assert_close(default.run(default.more), expected)
