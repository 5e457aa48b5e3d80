"""Proofs of imshow-cv2."""

import numpy as np


def test_default(default):
    """Read with OpenCV, show with matplotlib."""
    np.testing.assert_array_equal(default.rgb, default.image[..., ::-1])


def test_gray(gray):
    """A gray image: set the color map and its range."""
    np.testing.assert_array_equal(gray.colors, np.stack([gray.gray] * 3, -1))  # as it is
