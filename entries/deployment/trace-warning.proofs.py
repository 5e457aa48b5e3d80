"""Proofs of trace-warning."""

import torch


def test_default(default):
    """The choice is part of the graph."""
    assert default.result == [3.0, -1.0]
    assert default.traced(torch.tensor([-3.0, 3.5])).tolist() == [-6.0, 7.0]


def test_wrong(wrong):
    """The branch of the example is kept forever."""
    assert wrong.result == [-6.0, 2.0]  # instead of [3, -1]


def test_wrong_len(wrong_len):
    """len() is a constant."""
    assert torch.equal(
        wrong_len.traced(wrong_len.x), 2 * wrong_len.x.mean(0)
    )  # divided by 2 instead of 4


def test_right_len(right_len):
    """x.shape[0] is recorded."""
    assert torch.equal(right_len.traced(right_len.x), right_len.x.mean(0))
