"""Proofs of named-parameters."""

import torch


def test_default(default):
    """Names, shapes, gradients before and after."""
    grad = default.model.get_parameter("used.weight").grad
    assert torch.equal(grad, default.x.sum(0).expand(2, 3))  # the gradient of a sum


def test_right(right):
    """In a ModuleList."""
    assert len(right.names) == 4, f"parameters found: {right.names}"
