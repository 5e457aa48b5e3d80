"""Proofs of accuracy."""

import torch


def test_default(default):
    """Top-1 and top-3 over a loader."""
    logits = default.model[1](default.x)  # (N, C), no Dropout
    assert default.top1 == (logits.argmax(dim=1) == default.y).float().mean(dtype=torch.double)
    better = (logits > logits.gather(1, default.y.unsqueeze(1))).sum(dim=1)  # (N,), rank
    assert default.top3 == (better < 3).sum().item() / 50


def test_binary(binary):
    """One logit per sample, and multi-label."""
    assert (
        binary.exact.tolist() == binary.rows
        and binary.hits.sum() == (binary.probs.round() == binary.y).sum()
    )


def test_wrong(wrong):
    """Wrong: (N, 1) against (N,) compares everything with everything."""
    ones = wrong.y.sum()
    assert wrong.hits.sum() == ones**2 + (6 - ones) ** 2  # everything against everything


def test_right(right):
    """Right: the same shape on both sides."""
    assert right.hits.all()
