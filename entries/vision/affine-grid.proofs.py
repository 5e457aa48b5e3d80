"""Proofs of affine-grid."""

import matplotlib.pyplot as plt
import torch


def test_default(default):
    """Shift and rotate by a quarter turn."""
    torch.testing.assert_close(default.shifted[:, :2], default.image[0, 0, :, 2:])
    assert default.shifted[:, 2:].eq(0).all()
    torch.testing.assert_close(default.turned, default.image[0, 0].rot90(1))  # counter-clockwise


def test_angle(angle):
    """Any angle, and images that are not square."""
    assert angle.there == [[0, 4]]  # 2 pixels above the center
    torch.testing.assert_close(
        angle.rotate(angle.image, 180), angle.image.flip(-1, -2), atol=1e-5, rtol=0
    )
    half = angle.rotate(angle.image, 45)[0, 0]
    assert half[:2, 5:].sum() > 0.9 * half.sum() > 0.5  # up and to the right


def test_plot(plot):
    """Rotation, shear, and zoom, drawn."""
    assert plot.means[2] == 0.5 > plot.means[0] and plt.imread("warps.png").shape[:2] == (300, 900)
