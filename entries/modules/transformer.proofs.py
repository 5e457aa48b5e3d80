"""Proofs of transformer."""

import torch


def test_default(default):
    """Shapes, and why positions must be added."""
    torch.testing.assert_close(
        default.shuffled, default.plain[:, default.order]
    )  # it cannot see the order
    assert default.change > 0.1
    assert default.parameters == 4 * 8 * 8 + 4 * 8 + 2 * 8 * 16 + 16 + 8 + 2 * 2 * 8


def test_attention(attention):
    """What one head computes."""
    torch.testing.assert_close(attention.out, attention.weights @ attention.v)
