"""Proofs of detach-gan."""

import torch


def test_right(right):
    """Right: detach there, and only there."""
    torch.testing.assert_close(right.G[0].bias.grad, right.by_hand)


def test_wrong_generator(wrong_generator):
    """Wrong: detach in the generator step."""
    assert wrong_generator.G.bias.grad is None and torch.equal(
        wrong_generator.D.bias.grad, torch.tensor([-1.0])
    )
