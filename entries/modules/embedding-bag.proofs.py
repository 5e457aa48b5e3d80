"""Proofs of embedding-bag."""

import torch
from torch import nn


def test_default(default):
    """Flat ids with offsets, against a loop."""
    equal = torch.tensor([[1, 2], [5, 0]])  # (N, T) needs no offsets
    summed = nn.EmbeddingBag.from_pretrained(default.table.weight.detach(), mode="sum")
    torch.testing.assert_close(summed(equal), default.table(equal).sum(1))


def test_right(right):
    """Starting points."""
    torch.testing.assert_close(right.out[0], right.layer.weight[[1, 2, 4]].mean(0))
    torch.testing.assert_close(right.out[1], right.layer.weight[[5, 4]].mean(0))
