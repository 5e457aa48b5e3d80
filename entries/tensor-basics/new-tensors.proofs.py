"""Proofs of new-tensors."""

import torch


def test_default(default):
    """What is inherited."""
    assert default.x.requires_grad and all(
        t.device == default.x.device for t in default.made.values()
    )
    assert default.made["int"].tolist() == [int(1.5), int(-2.5)]


def test_wrong(wrong):
    """Wrong: padding in the default dtype."""
    assert wrong.y.dtype == torch.float32  # not bfloat16; with x on a GPU cat raises


def test_right(right):
    """Right: new_full follows the input."""
    assert (
        right.y.dtype == right.x.dtype
        and right.y[:2].equal(right.x)
        and right.y[2].tolist() == [1 / 2, 1 / 2]
    )
