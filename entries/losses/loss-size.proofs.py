"""Proofs of loss-size."""

import torch


def test_default(default):
    """Binary labels and a Linear(D, 1) head."""
    p = 1 / (1 + torch.exp(torch.tensor([-2.0, 1.0, -0.5])))
    by_hand = p[0].log() + (1 - p[1]).log() + (1 - p[2]).log()
    torch.testing.assert_close(default.loss, -by_hand / 3)


def test_right_mse(right_mse):
    """Regression: a perfect prediction has loss 0."""
    assert abs(right_mse.pairs.item() - 2 * (1 + 16 + 25) / 9) < 1e-6
