"""Proofs of init-from-tensor."""

import torch


def test_default(default):
    """A Sobel kernel, copied in."""
    assert default.conv.weight is default.parameter  # the optimizer still knows it
    by_hand = (default.image[..., 2:] - default.image[..., :-2]) * 4  # rows weigh 1 + 2 + 1
    torch.testing.assert_close(default.edges, by_hand[:, :, 1:-1])


def test_right(right):
    """Copy the values in."""
    assert right.layer.weight[1, 2] != 5.0, f"still {right.layer.weight[1, 2]}, it did not train"
    torch.testing.assert_close(right.layer.weight.detach(), right.values - 0.1)
