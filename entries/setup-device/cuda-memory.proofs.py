"""Proofs of cuda-memory."""

import torch


def test_default(default):
    """Memory lives as long as a reference does."""
    assert torch.cuda.memory_allocated() == 0


def test_cuda(cuda):
    """Allocated, reserved, and what empty_cache returns."""
    assert torch.cuda.max_memory_allocated() >= 64 * cuda.mib
