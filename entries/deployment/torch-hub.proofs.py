"""Proofs of torch-hub."""

import torch


def test_default(default):
    """Write a hubconf.py and load from it."""
    assert isinstance(default.model, torch.nn.Linear) and default.model.bias is None
    assert default.model(torch.ones(2, 4)).shape == (2, 3)
    assert torch.equal(default.model.weight, torch.nn.Linear(4, 3, bias=False).weight)


def test_right(right):
    """Right: list what it really needs."""
    assert right.model == 1
