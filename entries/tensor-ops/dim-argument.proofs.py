"""Proofs of dim-argument."""

import torch


def test_default(default):
    """The named dim disappears."""
    assert default.x.sum(dim=0).tolist() == [1 + 4, 2 + 5, 3 + 6]
    assert torch.equal(default.x.sum(-1), default.x.sum(1))
    torch.testing.assert_close((default.x / default.x.sum(1, keepdim=True)).sum(1), torch.ones(2))
