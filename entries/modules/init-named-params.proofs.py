"""Proofs of init-named-params."""

import torch


def test_default(default):
    """Matrices normal, biases zero, norms untouched."""
    assert torch.equal(default.model[1].weight, torch.ones(8))  # still the identity
    assert abs(default.model[3].weight.std() / 0.01 - 1) < 0.05
    assert default.model[3].bias.count_nonzero() == 0 and default.model[0].weight.requires_grad


def test_right(right):
    """Test the number of dims."""
    assert right.spread > 0.9, f"normalized activations have std {right.spread:.3f}"
