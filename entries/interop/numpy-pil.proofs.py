"""Proofs of numpy-pil."""

import numpy as np


def test_right(right):
    """Scale, round, cast."""
    assert (
        abs(np.array(right.image) / 255 - right.picture).max() < 0.5 / 255
    )  # within half a level
