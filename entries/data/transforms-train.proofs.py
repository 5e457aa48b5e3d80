"""Proofs of transforms-train."""

import torch


def test_default(default):
    """Random resized crop and flip in plain torch."""
    torch.testing.assert_close(default.gray[:, 0], default.gray[:, 2], atol=1e-3, rtol=0)
    assert (
        abs(default.rising - 0.5) < 0.05
        and 0 <= default.gray.min() < 1
        and 38 < default.gray.max() <= 39.01
    )


def test_plot(plot):
    """Look at what the network will see."""
    assert plot.shapes == [(36, 48, 3)] + [(24, 32, 3)] * 4
