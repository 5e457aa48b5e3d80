"""Proofs of zeros-ones."""

import torch


def test_default(default):
    """Sizes and dtypes."""
    assert torch.equal(default.x @ default.made["eye"][:, :2], default.x)  # eye is neutral
    assert default.sums.tolist() == [[3 + 5 + 7, 4 + 6 + 8]]


def test_right(right):
    """Right: the dtype of what you add."""
    assert right.total.tolist() == [0.5 + 1.0, 1.5 + 0.25, 2.0 + 4.0]


def test_wrong_assign(wrong_assign):
    """Wrong: assignment cuts off silently."""
    assert wrong_assign.scores.tolist() == [0, 0, 0]  # 0.75 became 0


def test_right_assign(right_assign):
    """Right: fill with a float."""
    assert right_assign.scores.tolist() == [0, 3 / 4, 0]
