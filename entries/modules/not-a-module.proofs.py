"""Proofs of not-a-module."""

import torch
from torch import nn


def test_default(default):
    """Unpack the list."""
    x = torch.tensor([[1.0, -2.0, 4.0]])  # (N, D)
    hidden = (x @ default.layers[0].weight.T + default.layers[0].bias).clamp(min=0)
    torch.testing.assert_close(
        default.model(x), hidden @ default.layers[2].weight.T + default.layers[2].bias
    )


def test_right_function(right_function):
    """The layer of that name, or a wrapper."""
    assert right_function.y.tolist() == [[0.0, 4.0, 9.0, 25.0]]


def test_right_class(right_class):
    """Add the parentheses."""
    assert [type(layer) for layer in right_class.model] == [nn.Linear, nn.ReLU]
