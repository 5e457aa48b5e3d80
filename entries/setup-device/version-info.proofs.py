"""Proofs of version-info."""

import torch


def test_default(default):
    """A report that works with and without a GPU."""
    assert len(default.info) == 4 + torch.cuda.device_count()
    assert (2, 0) <= torch.__version__ < (20, 0)


def test_right(right):
    """Right: store plain text."""
    assert right.loaded == {"torch": torch.__version__, "epoch": 3}
