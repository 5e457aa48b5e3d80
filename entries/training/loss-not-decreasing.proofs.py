"""Proofs of loss-not-decreasing."""

import math


def test_default(default):
    """First loss, gradients, updates, and one overfitted batch."""
    assert abs(default.first.item() - math.log(5)) < 0.3
    assert default.moved == default.alive == [True] * len(default.names)
    assert default.hits == 12


def test_wrong(wrong):
    """Wrong: softmax before the cross-entropy; perfect predictions stay at 1.46."""
    assert abs(wrong.loss.item() - math.log((math.e + 9) / math.e)) < 1e-4  # cannot go lower


def test_right(right):
    """Right: hand over the logits."""
    assert right.loss.item() < 1e-6


def test_wrong_optimizer(wrong_optimizer):
    """Wrong: replace a layer after building the optimizer."""
    assert wrong_optimizer.left_out == ["1.weight", "1.bias"]


def test_right_optimizer(right_optimizer):
    """Right: first the model, then its optimizer."""
    assert (
        right_optimizer.left_out == []
        and sum(right_optimizer.trained.values()) == 4 * 3 + 3 + 3 * 7 + 7
    )
