"""Proofs of comparison."""

import torch


def test_default(default):
    """Count, select, replace."""
    assert default.inside.tolist() == default.by_hand
    nan = default.x[1, 2]
    assert not (nan == nan) and not (nan > 0) and not (nan <= 0)
    assert torch.equal(torch.ge(default.x, 0.4), (default.x > 0.4) | (default.x == 0.4))
    assert not torch.equal(torch.ge(default.x, 0.4), torch.gt(default.x, 0.4))


def test_right(right):
    """Say any or all."""
    assert torch.equal(torch.gt(right.x, 0), ~torch.le(right.x, 0))
