"""Proofs of momentum."""

import matplotlib.pyplot as plt


def test_plot(plot):
    """A narrow valley with and without momentum, drawn."""
    assert plt.imread("momentum.png").shape[:2] == (400, 600)
