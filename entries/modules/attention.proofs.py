"""Proofs of attention."""

import torch
from torch.nn import functional as F


def test_default(default):
    """The formula, plain and causal."""
    torch.testing.assert_close(default.out, default.scores.softmax(-1) @ default.v)


def test_multi_head(multi_head):
    """nn.MultiheadAttention by hand, with a padding mask."""
    expected, _ = multi_head.mha(
        multi_head.x, multi_head.x, multi_head.x, key_padding_mask=~multi_head.real
    )  # there True is padding
    torch.testing.assert_close(multi_head.y, expected)


def test_right(right):
    """Right: one mask that says both."""
    causal = F.scaled_dot_product_attention(right.q, right.k, right.v, is_causal=True)
    torch.testing.assert_close(right.out[0], causal[0])  # no padding in sample 0
    short = F.scaled_dot_product_attention(right.q[1, 3:], right.k[1, :2], right.v[1, :2])
    torch.testing.assert_close(right.out[1, 3:], short)  # the last query sees two keys
