"""Proofs of pack-padded."""

import torch


def test_last_step(last_step):
    """The output at the last valid step."""
    torch.testing.assert_close(last_step.last, last_step.alone)


def test_right(right):
    """Right: enforce_sorted=False, and what packing does."""
    assert right.packed.data.tolist() == right.by_hand  # step by step, no padding left
    assert right.packed.sorted_indices.tolist() == right.order
