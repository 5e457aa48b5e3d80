"""Proofs of einsum."""

import torch


def test_default(default):
    """Products, diagonals, dot products."""
    torch.testing.assert_close(default.scores, default.q @ default.k.transpose(1, 2))
    assert (
        torch.einsum("ni,ni->n", default.m, default.m).tolist()
        == default.m.square().sum(1).tolist()
    )
    assert torch.equal(default.mistyped, default.m.sum(1, keepdim=True) * default.m.sum(0))
