"""Proofs of warmup."""

import math
import matplotlib.pyplot as plt


def test_default(default):
    """One function, checked against SequentialLR."""
    for a, b in zip(default.by_function, default.joined, strict=True):
        assert math.isclose(a, b)


def test_wrong(wrong):
    """Wrong: LinearLR with its defaults."""
    assert wrong.seen.index(0.6) == 5 and wrong.seen[0] == round(0.6 / 3, 4)  # not warm, not small


def test_right(right):
    """Right: say where it starts and how long it takes."""
    assert right.seen.index(0.6) == 10 and right.seen[0] == round(0.6 / 100, 4)


def test_plot(plot):
    """Three ways down after the warm-up."""
    assert plt.imread("warmup.png").shape[:2] == (400, 600)
