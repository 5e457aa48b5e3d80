"""Proofs of tensor-to-pil."""

import numpy as np
import torch
from PIL import Image


def test_default(default):
    """There and back without loss."""
    assert torch.equal(default.back.long(), default.levels)
    assert np.array(Image.open("red.png"))[1, 4].tolist() == [255, 51, 0]


def test_right(right):
    """Round and clamp first."""
    assert right.pixels == [0, 222, 255, 255], f"pixels {right.pixels}"
