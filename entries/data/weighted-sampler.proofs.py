"""Proofs of weighted-sampler."""

import torch


def test_default(default):
    """From labels to balanced batches."""
    for c in range(3):  # each class has the same weight in total
        torch.testing.assert_close(default.weights[default.labels == c].sum(), torch.tensor(1.0))


def test_wrong(wrong):
    """Wrong: one weight per class."""
    assert max(wrong.drawn) == 1  # only samples 0 and 1, and both are of class 0


def test_right(right):
    """Right: one weight per sample."""
    assert max(right.drawn) == 7
