"""Proofs of clone-vs-detach."""

import torch


def test_default(default):
    """The three copies side by side."""
    assert default.y.tolist() == [10.0, 4.0, 6.0]
    assert default.ways["detach().clone()"].tolist() == [2.0, 20.0, 6.0]
    assert default.x.grad.tolist() == [2.0, 2.0, 2.0]


def test_new_leaf(new_leaf):
    """A detached tensor can have a gradient of its own."""
    assert new_leaf.cut.grad.item() == 5.0
    assert new_leaf.x.requires_grad and new_leaf.x.grad is None  # nothing passes the cut


def test_right(right):
    """Right: clone first."""
    torch.testing.assert_close(right.x.grad, torch.tensor([2.718282, 7.389056]))
    assert right.z.tolist() == [0.0, 0.0]
