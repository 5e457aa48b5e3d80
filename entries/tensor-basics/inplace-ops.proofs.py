"""Proofs of inplace-ops."""

import torch


def test_default(default):
    """Same storage, seen by every view."""
    assert default.x.tolist() == [100.5, 113.0, 114.0] and default.view.tolist() == [13.0, 14.0]
    assert default.x.data_ptr() != default.address
    assert default.copy.tolist() == [1.0, 2.0, 3.0]


def test_right(right):
    """Right: under no_grad, as optimizers do."""
    assert right.w.tolist() == [1 - 0.25 * 2, 4 - 0.25 * 8] and right.w.requires_grad


def test_right_saved(right_saved):
    """Right: make a new tensor."""
    s = 1 / (1 + torch.exp(-right_saved.x.detach()))
    torch.testing.assert_close(right_saved.x.grad, 3 * s * (1 - s))
