"""Proofs of gaussian-blur."""

import torch


def test_default(default):
    """Two one-dimensional passes equal one two-dimensional."""
    torch.testing.assert_close(default.out[1, 2, 4, 3], default.by_hand)


def test_opencv(opencv):
    """The same numbers as cv2.GaussianBlur."""
    torch.testing.assert_close(opencv.out, opencv.cv, rtol=1e-5, atol=1e-5)
