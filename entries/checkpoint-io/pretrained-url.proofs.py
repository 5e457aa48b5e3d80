"""Proofs of pretrained-url."""

import torch
from pathlib import Path


def test_default(default):
    """Download once, check the hash, then read the cache."""
    assert torch.equal(default.model.weight, default.published.weight)
    again = default.fetch()
    assert torch.equal(again["bias"], default.published.bias) and len(again) == 2
    assert [file.name for file in Path("weights").iterdir()] == [default.source.name]


def test_wrong(wrong):
    """Wrong: two URLs with the same file name."""
    assert wrong.loaded["student"] == 5.0  # the teacher's weights


def test_right(right):
    """Right: a name of its own for each."""
    assert right.loaded["student"] == 7.0
