"""Proofs of conversions."""

import numpy as np
import torch
from PIL import Image


def test_default(default):
    """One red pixel through all four formats."""
    back = (default.tensor * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()  # (H, W, C)
    np.testing.assert_array_equal(np.asarray(Image.fromarray(back)), default.array)
    assert default.tensor.count_nonzero().item() == 2


def test_right(right):
    """permute moves the axes."""
    assert right.rows == [(0, 1)], f"(channel, y) of the line: {right.rows}"
