"""Proofs of layer-norm."""

import torch


def test_right(right):
    """Right: move the channels to the end and back."""
    assert right.mean.abs().max() < 1e-5, "the channels are not normalized"
    pixel = right.x[1, :, 2, 0]  # (C,)
    expected = (pixel - pixel.mean()) / (pixel.var(correction=0) + 1e-5).sqrt()
    torch.testing.assert_close(right.y[1, :, 2, 0], expected)
