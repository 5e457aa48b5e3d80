"""Proofs of image-geometry."""

import torch


def test_default(default):
    """Crop, flip, turn, pad, and resize one image."""
    torch.testing.assert_close(default.results["turn left"], default.x.transpose(-2, -1).flip(-2))
    repeated = default.x.repeat_interleave(2, -1).repeat_interleave(2, -2)
    assert torch.equal(default.results["twice as large"], repeated)


def test_mask(mask):
    """Bilinear resampling invents classes in a mask."""
    assert torch.equal(mask.big[0, 0, ::2, ::2], mask.mask)  # nearest only repeats
