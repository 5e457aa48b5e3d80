"""Proofs of dtype-mismatch."""

import torch


def test_default(default):
    """Convert where the data enter."""
    torch.testing.assert_close(
        default.layer(default.x), default.x @ default.layer.weight.T + default.layer.bias
    )


def test_right_conv(right_conv):
    """Scaled to float."""
    torch.testing.assert_close(
        right_conv.y[0, 1, 2, 3], right_conv.conv.weight[1].sum() + right_conv.conv.bias[1]
    )


def test_right_bmm(right_bmm):
    """Both in one dtype."""
    torch.testing.assert_close(right_bmm.y, torch.full((2, 3, 5), 4 * 0.5))
