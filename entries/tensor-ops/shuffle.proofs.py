"""Proofs of shuffle."""

import torch


def test_default(default):
    """Shuffle pairs together, and undo it."""
    assert torch.equal(default.mixed[:, 0], 2 * default.labels)  # the pairs stay together
    assert sorted(default.labels.tolist()) == list(range(5))  # each row once
    assert torch.equal(default.mixed[default.perm.argsort()], default.x)
    assert torch.equal(default.again, default.perm)
    assert default.rows.sum(1).tolist() == [60] * 4


def test_right(right):
    """One permutation."""
    matches = (right.x[:, 0] == 2 * right.y).sum().item()
    assert matches == 5, f"{matches} of 5 labels still belong to their rows"
