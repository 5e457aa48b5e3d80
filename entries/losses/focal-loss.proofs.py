"""Proofs of focal-loss."""

import matplotlib.pyplot as plt
import torch


def test_default(default):
    """Binary focal loss from logits."""
    torch.testing.assert_close(
        default.focal_loss(default.logits, default.target, alpha=0.5, gamma=0), default.ce / 2
    )


def test_multiclass(multiclass):
    """Multi-class, on top of cross_entropy."""
    torch.testing.assert_close(multiclass.weighted, multiclass.by_hand)
    torch.testing.assert_close(
        multiclass.loss, -((1 - multiclass.p) ** 2 * multiclass.p.log()).mean()
    )


def test_plot(plot):
    """Focal loss against cross-entropy, drawn."""
    for gamma, loss in plot.halves.items():
        assert abs(loss - 0.693147 * 0.5**gamma) < 1e-3
    assert plt.imread("focal.png").shape[:2] == (400, 600)
