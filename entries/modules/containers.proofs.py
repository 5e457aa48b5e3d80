"""Proofs of containers."""

import torch


def test_default(default):
    """One of each in a model."""
    assert not any(name.startswith("hidden") for name in default.names)
    torch.testing.assert_close(
        default.model(default.x, "dog"), default.model.heads["dog"](default.h)
    )


def test_right(right):
    """Sequential runs them."""
    torch.testing.assert_close(right.layers(right.x), right.layers[1](right.layers[0](right.x)))
