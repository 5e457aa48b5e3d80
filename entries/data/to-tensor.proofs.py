"""Proofs of to-tensor."""

import torch


def test_default(default):
    """The same in plain torch."""
    assert [round(v * 255) for v in default.x[:, 2, 0].tolist()] == [255, 51, 0]
    assert default.x.is_contiguous() and default.x.max() == 1
    torch.testing.assert_close(default.unscaled, default.x * 255)


def test_right(right):
    """Divide by 255 first."""
    assert right.x.abs().max() < 3, f"up to {right.x.abs().max():.0f} instead of about 2"
