"""Proofs of pil-to-tensor."""

import torch


def test_default(default):
    """From a file to a batch of one."""
    assert [round(v * 255) for v in default.tensor[:, 0, 0].tolist()] == [0, 51, 255]


def test_right(right):
    """Convert to RGB first."""
    assert torch.equal(right.tensor[0], right.tensor[2])
