"""Proofs of l1-l2."""

import torch


def test_default(default):
    """L2: the penalty and weight_decay agree."""
    torch.testing.assert_close(default.by_hand, default.built_in)


def test_wrong(wrong):
    """Wrong: norm() is not squared."""
    assert wrong.apart == [0.32, -0.1, 0.08]


def test_l1(l1):
    """L1: add to the loss, or shrink to exact zeros."""
    best = [max(abs(g) - l1.lam, 0) * (1 if g > 0 else -1) for g in l1.goal.tolist()]
    torch.testing.assert_close(l1.shrunk, torch.tensor(best))  # the exact minimum
    assert [int(v == 0) for v in l1.shrunk] == [0, 1, 1, 0] and not (l1.added == 0).any()
