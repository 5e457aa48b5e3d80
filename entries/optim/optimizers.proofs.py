"""Proofs of optimizers."""

import torch


def test_default(default):
    """The first step of each, from the same gradient."""
    torch.testing.assert_close(default.moves["SGD"], -default.lr * default.grad)
    torch.testing.assert_close(
        default.moves["SGD momentum, 2"], -default.lr * (1 + 1.9) * default.grad
    )
    adam = torch.full((2,), -default.lr)  # the sign of the gradient, whatever its size
    torch.testing.assert_close(default.moves["Adam"], adam, rtol=1e-5, atol=1e-5)
    decayed = adam - default.lr * 0.5 * default.start
    torch.testing.assert_close(default.moves["AdamW decay 0.5"], decayed, rtol=1e-5, atol=1e-5)


def test_right(right):
    """First the model, then the optimizer."""
    assert not torch.equal(right.model[1].bias, right.before), "the new layer did not move"
    assert right.moved == [-0.2] * 5
