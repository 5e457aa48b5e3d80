"""Proofs of data-parallel."""

import torch


def test_default(default):
    """Same output, prefixed keys, an ordinary optimizer."""
    expected = default.before - 0.1 * default.x.sum(0)  # the gradient of a sum: the summed inputs
    torch.testing.assert_close(default.net.weight.detach(), expected)


def test_right(right):
    """Drop the prefix first."""
    torch.testing.assert_close(right.bare.weight, right.source.module.weight)
