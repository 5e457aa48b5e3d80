"""Proofs of training-loop."""

import torch


def test_default(default):
    """Train a small classifier."""
    assert (
        default.guess.tolist() == [0, 1, 2] and default.steps == 8 * 7
    )  # 6 batches of 16 and one of 4


def test_five_steps(five_steps):
    """The five steps find the least-squares solution."""
    torch.testing.assert_close(five_steps.learned, five_steps.exact, rtol=1e-4, atol=1e-4)


def test_wrong(wrong):
    """Wrong: the five steps without zero_grad."""
    assert wrong.path == [2, -1, -3.5, -4.25]


def test_right(right):
    """Right: clear the gradients in every step."""
    assert right.path == [4 / 2**k for k in (1, 2, 3, 4)]
