"""Proofs of conv-input-shape."""

import torch


def test_default(default):
    """Channels first, batch in front."""
    assert default.batch[0, 2, 4, 6] == default.image[4, 6, 2] == 104
    gray = torch.ones(2, 1, 5, 7)  # (N, 1, H, W)
    assert default.conv(gray.expand(-1, 3, -1, -1)).shape == (2, 4, 3, 5)


def test_right_dims(right_dims):
    """Channel dim added with None."""
    torch.testing.assert_close(
        right_dims.conv(right_dims.image)[2, 1, 1],
        right_dims.conv.weight[2].sum() + right_dims.conv.bias[2],
    )
