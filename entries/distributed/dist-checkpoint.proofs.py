"""Proofs of dist-checkpoint."""

import torch


def test_one_file(one_file):
    """One process, and one ordinary file."""
    assert torch.equal(one_file.other.weight, one_file.model.weight)
    assert torch.equal(one_file.saved["weight"], one_file.model.weight)
