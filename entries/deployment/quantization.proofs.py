"""Proofs of quantization."""

import torch


def test_default(default):
    """Weight-only: a linear layer with int8 weights."""
    torch.testing.assert_close(default.small.weight * default.small.scale, default.expected)
    assert default.small.weight.abs().amax(1).tolist() == [127] * 10


def test_per_channel(per_channel):
    """One scale for all against one per channel."""
    assert not per_channel.round_trip(per_channel.weight, per_channel.one)[
        0
    ].any()  # the small channel is gone


def test_dynamic(dynamic):
    """Dynamic: int8 activations, sums in int32."""
    exact = (dynamic.qx.double() * dynamic.sx.double()) @ (
        dynamic.qw.double() * dynamic.sw.double()
    ).T
    torch.testing.assert_close(dynamic.y.double(), exact, rtol=1e-5, atol=1e-5)
