"""Proofs of png-channels."""

import numpy as np


def test_alpha(alpha):
    """Transparent pixels, dropped or pasted."""
    assert alpha.dropped.getpixel((1, 0)) == alpha.background.getpixel((1, 0)) == (255, 0, 0)
    assert (np.array(alpha.mask) == alpha.ids).all()  # the class ids
