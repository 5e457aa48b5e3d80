"""Proofs of pos-weight."""

import math
import torch


def test_default(default):
    """Count the labels; a weight of 3 equals three copies."""
    assert default.pos_weight.tolist() == [4 / 1, 3 / 2]
    torch.testing.assert_close(default.loss, default.by_hand.mean())  # divided by N x C = 10
    torch.testing.assert_close(default.three, default.copies)


def test_probabilities(probabilities):
    """Undo the shift to read probabilities."""
    assert math.isclose(probabilities.z.item(), math.log(2 * 5 / 15), abs_tol=1e-5)
    assert math.isclose(probabilities.mended, 5 / 20, abs_tol=1e-5)


def test_right(right):
    """Right: (C, 1, 1)."""
    assert math.isclose(right.loss, (1 + 2 + 6) / 3 * math.log(2), rel_tol=1e-6)
