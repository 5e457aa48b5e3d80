"""Proofs of deepcopy-nonleaf."""

import torch


def test_default(default):
    """Store what is detached."""
    torch.testing.assert_close(default.net.weight, default.best.weight + 1)
