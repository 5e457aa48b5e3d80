"""Proofs of pruning."""

import torch


def test_default(default):
    """Prune, look at the mask, make it permanent."""
    assert torch.equal(default.layer.weight, default.dense * default.mask)


def test_wrong(wrong):
    """Wrong: remove the mask, then fine-tune."""
    assert not wrong.zeros[wrong.pruned].any()


def test_right(right):
    """Right: fine-tune with the mask, then remove it."""
    assert torch.equal(right.zeros, right.pruned)
