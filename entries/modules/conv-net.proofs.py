"""Proofs of conv-net."""

import torch
from torch import nn


def test_default(default):
    """Two convolutional blocks and a classifier."""
    by_hand = (5 * 5 * 16 + 2 * 16) + (5 * 5 * 16 * 32 + 2 * 32) + (32 * 7 * 7 * 10 + 10)
    assert default.count == by_hand and default.model(default.x).shape == (4, 10)
    assert torch.equal(default.x.flatten(1), nn.Flatten()(default.x)) and default.x.flatten(
        1
    ).shape == (4, 784)
