"""Proofs of image-grid."""

import torch


def test_default(default):
    """make_grid in plain torch."""
    assert default.grid.shape == (3, 2 * (2 + 1), 3 * (4 + 1))
    assert default.grid[:, 3:, 10:].eq(9).all()  # the empty cell


def test_plot(plot):
    """Undo the normalization and show the batch."""
    torch.testing.assert_close(plot.shown, plot.colors, atol=1e-6, rtol=0)
    assert plot.pixels.round().tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
