"""Proofs of dataloader-speed."""

import torch


def test_default(default):
    """Measure: waiting for data against computing."""
    assert min(default.waits) >= 4 * 0.004 and min(default.steps) >= 0.002


def test_whole_batch(whole_batch):
    """Data in memory: index it once per batch."""
    assert whole_batch.data.calls == len(whole_batch.batches) == 3
    assert torch.equal(torch.cat([a for a, _ in whole_batch.batches]), whole_batch.x)
