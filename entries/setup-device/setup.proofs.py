"""Proofs of setup."""

import torch


def test_default(default):
    """Why is there no GPU here?."""
    here = default.diagnose(default.build, default.visible, torch.cuda.is_available())
    assert (here == "GPU ready") == (torch.cuda.device_count() > 0)
    assert ("CPU build" in here) is not torch.backends.cuda.is_built()
