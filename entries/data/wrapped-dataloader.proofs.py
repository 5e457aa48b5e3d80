"""Proofs of wrapped-dataloader."""

import torch


def test_default(default):
    """Reshape and scale each batch on the device."""
    assert default.x.device == default.y.device and default.x.device.type == default.device.type
    torch.testing.assert_close(
        default.x.cpu().flatten() * 255, default.pixels[:3].flatten().float()
    )


def test_right(right):
    """A new iterator each time."""
    assert right.counts == [3, 3, 3], f"batches per epoch: {right.counts}"
