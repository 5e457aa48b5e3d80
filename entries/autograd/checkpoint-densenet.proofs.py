"""Proofs of checkpoint-densenet."""

import torch


def test_default(default):
    """Same gradients, saved numbers counted."""
    torch.testing.assert_close(default.plain, default.ckpt)
    assert (default.before - 6 * 8, default.after - 6 * 8) == (
        3 + 5 + 7 + 9 + 11 + 13,
        13,
    )  # 8: mid


def test_wrong(wrong):
    """Wrong: the list as one argument, reentrant."""
    assert wrong.a.grad is None and wrong.squeeze.weight.grad is None
    assert wrong.conv.weight.grad is not None  # the rest trains on


def test_right(right):
    """Right: unpacked, not reentrant."""
    assert (right.squeeze.weight.grad == 9 * 2 * 0.25).all()  # 9 pixels of 1, 2 outputs
    assert (right.a.grad == 4 * 0.5 * 2 * 0.25).all()  # 4 channels, 2 outputs


def test_batchnorm(batchnorm):
    """BatchNorm in the bottleneck updates twice; adapt its momentum."""
    torch.testing.assert_close(batchnorm.adapted.running_var, batchnorm.usual.running_var)
    torch.testing.assert_close(
        batchnorm.same.running_mean, batchnorm.usual.running_mean * (1 + (1 - 0.2))
    )
