"""Proofs of random-sampling."""

import torch


def test_default(default):
    """Weighted draws, coins, a log-probability."""
    torch.testing.assert_close(default.share, default.weights / 4, atol=0.02, rtol=0)


def test_right(right):
    """softmax first; temperature divides."""
    torch.testing.assert_close(
        right.cold[2] / right.cold[1], torch.tensor((0.5 - 2.0) / 0.1).exp()
    )
