"""Proofs of first-layers."""

import torch
from torch import nn


def test_default(default):
    """Slice a Sequential; the layers are shared."""
    torch.testing.assert_close(
        default.model[-1](default.features(default.x)), default.model(default.x)
    )
    same = nn.Sequential(*list(default.model.children())[:2])
    torch.testing.assert_close(same(default.x), torch.tanh(default.model[0](default.x)))


def test_right(right):
    """Replace the head by nn.Identity."""
    assert right.features.shape == (2, 4), f"features are {tuple(right.features.shape)}"
    torch.testing.assert_close(right.features, right.model.conv(right.x).relu().mean((2, 3)))
    assert right.head(right.features).shape == (2, 2)
