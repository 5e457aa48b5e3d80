"""Proofs of convert-framework."""

import torch


def test_default(default):
    """Conv2D, BatchNorm, and Dense, checked against NumPy."""
    assert default.ours.shape == (2, 6)
    torch.testing.assert_close(default.ours, torch.from_numpy(default.theirs))


def test_wrong(wrong):
    """Wrong: the Dense layer after Flatten, only transposed."""
    assert wrong.theirs.shape == wrong.ours.shape and not torch.equal(wrong.theirs, wrong.ours)


def test_right(right):
    """Right: bring its input into the order C, H, W too."""
    assert torch.equal(right.theirs, right.ours)


def test_same_padding(same_padding):
    """padding="same" with stride 2 pads the end first."""
    assert same_padding.theirs.tolist() == [[[[1 + 2 + 4 + 16 + 32 + 64, 4 + 8 + 64 + 128]]]]
    assert same_padding.naive.tolist() == [[[[1 + 2 + 16 + 32, 2 + 4 + 8 + 32 + 64 + 128]]]]
