"""Proofs of ce-target."""

import torch


def test_default(default):
    """Labels as int64 indices."""
    p = default.logits.exp() / default.logits.exp().sum(1, keepdim=True)  # (N, C)
    torch.testing.assert_close(default.loss, -(p[0, 0].log() + p[1, 2].log()) / 2)


def test_right_sequence(right_sequence):
    """Sequences: the class goes to dimension 1."""
    steps = [
        right_sequence.logits[n, t].log_softmax(0)[right_sequence.target[n, t]]
        for n in range(2)
        for t in range(4)
    ]
    torch.testing.assert_close(right_sequence.loss, -sum(steps) / 8)
