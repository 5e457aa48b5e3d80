"""Proofs of cpu-threads."""

import torch


def test_right(right):
    """Once, right after the import."""
    assert "at::get_num_interop_threads() : 3\n" in torch.__config__.parallel_info()
