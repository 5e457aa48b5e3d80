"""Proofs of module-list."""

import torch


def test_default(default):
    """A loop with skip connections."""
    torch.testing.assert_close(default.outputs[-1], default.by_hand)
    assert not torch.equal(default.model.layers[0].weight, default.model.layers[1].weight)


def test_right(right):
    """A ModuleList."""
    assert right.shapes == [(4, 3), (4,), (2, 4), (2,)]
