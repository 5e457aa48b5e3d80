"""Proofs of forward-vs-call."""

import torch


def test_default(default):
    """The order of a call, and what forward leaves out."""
    assert torch.equal(default.called, default.x / 2) and torch.equal(
        default.bare, default.x + default.x
    )


def test_wrong(wrong):
    """Wrong: forward of a pruned layer uses a stale weight."""
    assert wrong.y.item() == 3 + 3  # two weights of 3.0, from before the step


def test_right(right):
    """Right: the call recomputes the weight."""
    assert right.y.item() == 2 + 8
