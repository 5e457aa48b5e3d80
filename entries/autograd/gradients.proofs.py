"""Proofs of gradients."""

import torch


def test_default(default):
    """Four ways to ask for the same gradient."""
    torch.testing.assert_close(
        default.wide / (2 * default.step), default.direct, rtol=1e-2, atol=1e-2
    )
    by_hand = 3 * default.x.detach() ** 2 + 4
    assert torch.equal(default.direct, by_hand) and torch.equal(default.once, by_hand)
    assert torch.equal(default.functional, by_hand) and torch.equal(default.x.grad, 2 * by_hand)


def test_right(right):
    """Compute the loss again, or keep the graph."""
    assert torch.equal(right.x.grad, 2 * (2 * right.x.detach()))  # added twice
