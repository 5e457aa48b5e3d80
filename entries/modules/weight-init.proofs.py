"""Proofs of weight-init."""

import math
import matplotlib.pyplot as plt


def test_default(default):
    """One function for the whole model."""
    assert abs(default.conv.weight.std() / math.sqrt(2 / default.fan_out) - 1) < 0.05
    assert 0.98 * default.bound < default.linear.weight.abs().max() <= default.bound
    assert (
        not default.conv.bias.any()
        and not default.linear.bias.any()
        and default.norm.weight.eq(1).all()
    )


def test_depth(depth):
    """Signal size after 20 ReLU layers."""
    assert 0.3 < depth.kaiming < 3  # stays near 1
    assert abs(depth.kaiming / depth.xavier / 2**10 - 1) < 1e-3  # half the variance lost a layer
    assert abs(depth.small / depth.kaiming / (0.01 / (2 / 128) ** 0.5) ** 20 - 1) < 1e-3


def test_plot(plot):
    """Activations by layer, drawn."""
    assert plt.imread("init.png").shape[:2] == (400, 1000)
    assert plot.spread["kaiming", 12] > 1 and plot.spread["xavier", 12] < 0.05
