"""Proofs of sequential-named."""

import torch


def test_default(default):
    """Names, keys, and three ways to reach a layer."""
    assert default.model.conv2 is default.model[2] is default.model.get_submodule("conv2")
    torch.testing.assert_close(
        default.model(default.x), default.model.conv2(default.model.conv1(default.x).relu())
    )
    torch.testing.assert_close(default.wider(default.x), default.model(default.x))


def test_right(right):
    """As an attribute."""
    assert right.layer is getattr(right.model, "conv1") is right.model[0]
