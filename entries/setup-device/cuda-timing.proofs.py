"""Proofs of cuda-timing."""

import statistics
import torch


def test_default(default):
    """A timer for GPU and CPU, with warm-up and median."""
    assert all(t > 0 for t in default.times) and all(y.shape == (64, 64) for y in default.results)
    assert statistics.median(default.times) < statistics.mean(default.times)


def test_timer(timer):
    """One expression, with torch.utils.benchmark."""
    assert timer.m.median == torch.tensor(timer.m.times, dtype=torch.float64).quantile(0.5)


def test_wrong(wrong):
    """Reading the clock without waiting (a GPU in virtual time)."""
    assert wrong.per_call == 5  # the launch only: 80 times too fast


def test_right(right):
    """Waiting before both readings."""
    assert right.per_call == 400 + 5 / 20  # the kernels, and the first launch
