"""Proofs of embedding."""

import torch
from torch.nn import functional as F


def test_default(default):
    """Rows of a table, and which of them get a gradient."""
    assert torch.equal(default.vectors[0, 1], default.embedding.weight[4])
    one_hot = F.one_hot(default.ids, 6).float()  # (N, T, V)
    torch.testing.assert_close(default.vectors, one_hot @ default.embedding.weight)
    assert torch.equal(default.embedding.weight.grad, one_hot.sum((0, 1))[:, None].expand(6, 3))
    assert default.frozen(torch.tensor(3)).tolist() == [6.0, 7.0]


def test_right(right):
    """The size is the largest id plus one."""
    assert torch.equal(right.out[1], right.embedding.weight[-1])
