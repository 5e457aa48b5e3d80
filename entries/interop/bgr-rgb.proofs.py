"""Proofs of bgr-rgb."""

import cv2
import numpy as np


def test_default(default):
    """A BGR array to a model's input, and back."""
    assert default.batch[0, 0, 0, 3].item() == np.float32(250 / 255)  # channel 0 is red
    shown = default.x.mul(255).round().byte().permute(1, 2, 0).numpy()  # (H, W, C), RGB
    assert np.array_equal(shown[..., [2, 1, 0]], default.bgr)
    assert shown.shape == default.bgr.shape and shown[0, 3].tolist() == [250, 20, 10]


def test_opencv_pil(opencv_pil):
    """The same file read by OpenCV and by PIL."""
    assert opencv_pil.pil.size == (5, 2) and opencv_pil.by_pil.shape == (2, 5, 3)
    assert np.array_equal(cv2.cvtColor(opencv_pil.by_cv, cv2.COLOR_BGR2RGB), opencv_pil.by_pil)
    assert np.array_equal(opencv_pil.by_pil, opencv_pil.picture) and not np.array_equal(
        opencv_pil.by_cv, opencv_pil.picture
    )
