"""Proofs of empty-parameter-list."""

import torch


def test_default(default):
    """Layers in a ModuleList."""
    assert default.total == 5 + 2 * (3 * 3 + 3)


def test_right_iterator(right_iterator):
    """Keep a list."""
    optimizer = torch.optim.SGD(right_iterator.params)
    assert [tuple(p.shape) for p in optimizer.param_groups[0]["params"]] == [(3, 4), (3,)]
