"""Proofs of cross-entropy."""

import torch


def test_default(default):
    """Three ways to the same number."""
    torch.testing.assert_close(default.loss, default.two_steps)
    assert abs(default.loss.item() - default.by_hand) < 1e-6


def test_segmentation(segmentation):
    """Per pixel, with class weights and ignored pixels."""
    torch.testing.assert_close(segmentation.loss, segmentation.total / segmentation.norm)


def test_wrong(wrong):
    """Wrong: softmax before the loss."""
    floor = torch.tensor(1 + 2 / torch.e).log()  # no logits can do better, for C = 3
    assert floor < wrong.loss < floor + 0.02


def test_right(right):
    """Right: raw logits."""
    torch.testing.assert_close(right.loss, torch.tensor(1 + torch.e**-5 + torch.e**-4).log())
