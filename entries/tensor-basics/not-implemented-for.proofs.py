"""Proofs of not-implemented-for."""

import torch


def test_default(default):
    """Floats."""
    torch.testing.assert_close(
        default.probabilities, default.scores.exp() / default.scores.exp().sum()
    )


def test_right_mean(right_mean):
    """Converted first, or by dtype=."""
    assert right_mean.hits.float().mean() == 3 / 4 == right_mean.hits.mean(dtype=torch.float64)
