"""Proofs of process-group."""

import torch.distributed as dist


def test_default(default):
    """A group of one, without torchrun."""
    assert not dist.is_initialized()


def test_both(both):
    """A mean that works with and without a group."""
    assert both.loss.item() == 7  # the argument is not changed
