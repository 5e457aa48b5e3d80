"""Proofs of transformer-masks."""

import torch
from torch.nn import functional as F


def test_default(default):
    """Later tokens and fillers change nothing."""
    with torch.no_grad():  # eval and no_grad: the hint without the mask is ignored
        torch.testing.assert_close(
            default.encoder(default.x, is_causal=True), default.encoder(default.x)
        )
    padded = default.encoder(default.x, src_key_padding_mask=default.filler)
    alone = default.encoder(default.x[1:, :3])  # the second sample without its fillers
    torch.testing.assert_close(padded[1, :3], alone[0])


def test_right(right):
    """scaled_dot_product_attention wants True where it may look."""
    expected = F.scaled_dot_product_attention(right.q, right.k[:, :3], right.v[:, :3])
    assert not torch.allclose(right.out, right.v[:, 3:].expand(1, 4, 6)), (
        "only the filler was seen"
    )
    torch.testing.assert_close(right.out, expected)
