"""Proofs of gradient-checkpointing."""

import torch


def test_default(default):
    """Same gradients, two forward passes."""
    for a, b in zip(default.plain, default.ckpt, strict=True):
        torch.testing.assert_close(a, b)
    assert (default.once, default.twice) == (
        1,
        2,
    ) and default.kept == 2 * default.x.numel()  # x and y


def test_sequential(sequential):
    """A long nn.Sequential in segments."""
    torch.testing.assert_close(sequential.got, sequential.expected)
    assert sequential.runs == [2] * 6 + [1] * 2  # the last segment is not checkpointed


def test_wrong(wrong):
    """Wrong: dropout without the saved random state."""
    assert wrong.differ.any() and (wrong.x.grad != 0).ne(wrong.y != 0).equal(
        wrong.differ
    )  # another mask


def test_right(right):
    """Right: keep preserve_rng_state at its default."""
    assert not right.differ.any()
