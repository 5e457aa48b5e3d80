"""Proofs of interpolate."""

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F


def test_default(default):
    """The modes on a 2 x 2 image."""
    half_pixels = [min(max((i + 0.5) / 2 - 0.5, 0), 1) for i in range(4)]
    torch.testing.assert_close(default.rows["bilinear"], 1 + torch.tensor(half_pixels))
    torch.testing.assert_close(default.rows["aligned"], 1 + torch.arange(4) / 3)  # corners kept
    assert default.rows["nearest"].tolist() == [1, 1, 2, 2]
    assert F.interpolate(default.x, scale_factor=3).shape == (1, 1, 6, 6)


def test_overshoot(overshoot):
    """Bicubic leaves the range, so clamp."""
    shown = overshoot.big.clamp(0, 255)
    assert overshoot.big.min() < -15 and overshoot.big.max() > 255 + 15
    assert (shown.min(), shown.max()) == (0, 255)
    assert overshoot.big[0, 0, 0, 15] == 255 and overshoot.big[0, 0, 3, 0] == 0


def test_plot(plot):
    """The modes side by side."""
    assert plot.levels["nearest"] == 25 < plot.levels["bilinear"] < plot.levels["bicubic"] <= 3600
    assert plt.imread("modes.png").shape[:2] == (300, 900)
