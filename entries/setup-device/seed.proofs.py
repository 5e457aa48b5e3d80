"""Proofs of seed."""

import torch


def test_default(default):
    """Seed everything, draw twice."""
    assert torch.rand(1).item() != default.first[2]


def test_generator(generator):
    """A generator of its own for one purpose."""
    assert generator.first == generator.second  # the shuffle does not care
    assert sorted(sum(generator.first, [])) == list(range(10)) != sum(generator.first, [])


def test_save_state(save_state):
    """Save and restore the state of the generator."""
    assert torch.equal(torch.randn(5), save_state.expected)
