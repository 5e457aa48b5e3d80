"""Proofs of ewma."""

import matplotlib.pyplot as plt
import torch


def test_weights(weights):
    """EMA of model weights, against the plain mean."""
    expected = 0.9 * (0.9 * 1 + 0.1 * 2) + 0.1 * 4  # the first update copies
    assert abs(weights.first[0] - expected) < 1e-5
    assert abs(weights.first[1] - (1 + 2 + 4) / 3) < 1e-5
    assert weights.buffer == 10 * 4  # copied from the model, not averaged
    assert weights.model[0].weight.tolist() == [[weights.first[0]] * 3]


def test_plot(plot):
    """A noisy curve, smoothed with and without correction."""
    powers = 0.95 ** torch.arange(99, -1, -1)  # (T,), oldest first
    weighted = (powers * plot.noisy).sum() / powers.sum()
    assert abs(weighted.item() - plot.corrected[99]) < 1e-5
    assert plt.imread("ewma.png").shape[:2] == (400, 600)
