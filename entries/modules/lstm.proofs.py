"""Proofs of lstm."""

import torch


def test_default(default):
    """output against h_n, in both directions."""
    forward, backward = default.output[..., :4], default.output[..., 4:]  # (N, T, H) each
    torch.testing.assert_close(default.h_n[-2], forward[:, -1])  # it ends at the last step
    torch.testing.assert_close(default.h_n[-1], backward[:, 0])  # this one at the first
    assert not torch.allclose(default.h_n[-1], backward[:, -1])
    per_layer = [2 * 4 * 4 * (inputs + 4 + 2) for inputs in (3, 2 * 4)]  # W, U, two biases
    assert sum(per_layer) == sum(p.numel() for p in default.lstm.parameters())


def test_packed(packed):
    """Sequences of unequal length."""
    torch.testing.assert_close(packed.h_n[:, :1], packed.alone)
