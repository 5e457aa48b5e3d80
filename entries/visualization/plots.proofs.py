"""Proofs of plots."""

import torch


def test_default(default):
    """A histogram in the terminal, no display needed."""
    inside = ((default.weights >= default.low) & (default.weights <= default.high)).sum()
    assert default.counts.sum() == inside  # values beyond the range are not counted
    edges = default.low + default.width * torch.arange(default.bins)
    third = ((default.weights >= edges[2]) & (default.weights < edges[3])).sum()
    assert default.counts[2] == third


def test_plot(plot):
    """A noisy loss with its smoothed curve, on a log scale."""
    torch.testing.assert_close(plot.smooth[-1], plot.loss[-plot.window :].mean())
    torch.testing.assert_close(plot.smooth[0], plot.loss[: plot.window].mean())
