"""Proofs of sampler."""

import torch
from torch.utils.data import DataLoader
from torch.utils.data import RandomSampler


def test_default(default):
    """Four orders of the same data."""
    assert list(default.samplers["sequential"]) == list(range(7))
    first, second = list(default.samplers["random"]), list(default.samplers["random"])
    assert sorted(first) == sorted(second) == list(range(7)) and first != second


def test_weighted(weighted):
    """Balance a rare class."""
    assert abs(weighted.drawn.float().mean() - 0.5) < 0.03
    per_class = torch.zeros(2).index_add_(0, weighted.labels, weighted.weights)
    torch.testing.assert_close(per_class, torch.ones(2))  # equal chances


def test_right(right):
    """One of them."""
    assert isinstance(DataLoader(right.data, shuffle=True).sampler, RandomSampler)
