"""Proofs of compare-models."""

import torch


def test_default(default):
    """What differs, and by how much."""
    assert sorted(default.found) == ["0.weight", "1.bias", "1.running_mean", "2.bias", "2.weight"]


def test_first_layer(first_layer):
    """Equal weights, other outputs, the first layer that differs."""
    torch.testing.assert_close(
        first_layer.trace(first_layer.two, first_layer.x)["3"], first_layer.a["3"], rtol=0, atol=0
    )


def test_wrong(wrong):
    """Wrong: state_dict() follows the training."""
    assert wrong.moved == {"weight": 0, "bias": 0}  # looks untrained


def test_right(right):
    """Right: keep a copy."""
    assert right.moved == {"weight": -0.25 * 4 * 3 * 2, "bias": -0.25 * 4 * 2}
