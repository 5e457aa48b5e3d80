"""Proofs of giou."""

import torch


def test_default(default):
    """GIoU of matched boxes, checked by counting cells."""
    assert abs(default.values[0].item() - (1 / 7 - 2 / 9)) < 1e-6 and default.values[3] == 1


def test_all_pairs(all_pairs):
    """IoU of all pairs, and from center format."""
    expected = [[1, 4 / 12, 0], [2 / 16, 2 / 16, 8 / 10]]
    torch.testing.assert_close(all_pairs.table, torch.tensor(expected))


def test_wrong(wrong):
    """Wrong: IoU as the loss of boxes that do not overlap."""
    assert wrong.a.grad.count_nonzero() == 0  # it cannot learn where to go


def test_right(right):
    """Right: GIoU pulls the right edge toward the other box."""
    assert abs(right.loss.item() - (1 - 0 + 3 / 6)) < 1e-6  # a gap of 3 in a width of 6
    assert abs(right.a.grad[2].item() + 1 / 6) < 1e-6
