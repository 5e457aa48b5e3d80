"""Proofs of amp-grad-accumulation."""

import torch


def test_default(default):
    """Accumulate, clip, and keep the last partial window."""
    torch.testing.assert_close(default.model.weight.cpu(), default.weight, rtol=4e-3, atol=4e-3)
    torch.testing.assert_close(default.model.bias.cpu(), default.bias, rtol=4e-3, atol=4e-3)


def test_right(right):
    """Right: once, after the last batch."""
    assert right.w.tolist() == [1 - 0.5 * (3 + 5) / 2, 2 - 0.5 * (3 + 5) / 2]
