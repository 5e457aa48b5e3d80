"""Proofs of lr-schedulers."""

import math
import matplotlib.pyplot as plt


def test_default(default):
    """Four schedules against their formulas."""
    for e in range(8):
        assert math.isclose(default.step[e], 0.1 * 0.5 ** (e // 3))
        assert math.isclose(default.multi[e], 0.1 * 0.1 ** ((e >= 2) + (e >= 5)))
        assert math.isclose(default.cosine[e], 0.1 * (1 + math.cos(math.pi * e / 8)) / 2)
        assert math.isclose(default.inverse[e], 0.1 / (e + 1))


def test_wrong(wrong):
    """Wrong: scheduler first (the first rate is skipped)."""
    assert wrong.used == [0.5, 0.25, 0.125]


def test_right(right):
    """Right: optimizer first."""
    assert right.used == [1.0, 0.5, 0.25]


def test_plot(plot):
    """Schedules, drawn."""
    assert [epoch for epoch, _ in plot.highest.values()] == [0, 0, 0, 14]
    assert plt.imread("schedules.png").shape[:2] == (400, 600)
