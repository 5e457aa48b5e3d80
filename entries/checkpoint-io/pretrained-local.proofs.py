"""Proofs of pretrained-local."""

import torch


def test_default(default):
    """Check the hash in the name, unpack, load."""
    assert torch.equal(default.model.weight, default.published.weight)
    assert torch.equal(default.model.bias, default.published.bias)


def test_right(right):
    """Right: take the weights out of it."""
    assert right.checkpoint["epoch"] == 90 and torch.equal(
        right.model.weight, right.published.weight
    )
    assert list(right.checkpoint["state_dict"].values())[1].shape == (2,)
