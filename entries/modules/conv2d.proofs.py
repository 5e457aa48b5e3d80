"""Proofs of conv2d."""

import torch


def test_default(default):
    """One output value by hand, and the sizes."""
    row, column = 1, 3  # of the output; the window begins at row * stride, column * stride
    patch = default.padded[0, :, 2 : 2 + 5 : 2, 6 : 6 + 2]  # (C, 3, 2), every second row
    by_hand = (patch * default.conv.weight[1]).sum() + default.conv.bias[1]
    torch.testing.assert_close(default.y[0, 1, row, column], by_hand)
    assert default.y.shape[2:] == (default.size(10, 3, 2, 1, 2), default.size(8, 2, 2, 1, 1))
    assert sum(p.numel() for p in default.conv.parameters()) == 4 * 3 * 3 * 2 + 4


def test_right(right):
    """permute to channels first."""
    expected = right.conv.weight.sum((1, 2, 3)) + right.conv.bias  # on an image of ones
    torch.testing.assert_close(right.y[1, :, 5, 4], expected)
