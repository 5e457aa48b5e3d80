"""Proofs of add-module."""

import torch


def test_default(default):
    """Names made in a loop."""
    torch.testing.assert_close(default.model(default.x).sum(1), torch.ones(6))


def test_right(right):
    """Nest, and the dot comes by itself."""
    assert right.model.get_submodule("layer1.conv") is right.model[0][0]
