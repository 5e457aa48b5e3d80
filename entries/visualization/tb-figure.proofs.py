"""Proofs of tb-figure."""

import matplotlib.pyplot as plt


def test_default(default):
    """Log a bar chart each epoch."""
    assert plt.get_fignums() == []
