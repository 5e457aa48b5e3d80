"""Proofs of map-location."""

import torch


def test_default(default):
    """Load it onto the CPU, then into the model."""
    assert torch.equal(default.model.weight, default.trained.weight)
    assert torch.equal(default.model.bias, default.trained.bias)


def test_right_dict(right_dict):
    """Right: a dict needs the exact names of the file."""
    assert right_dict.x.device.type == "cpu" and right_dict.x.tolist() == [1, 2, 4]
