"""Proofs of half-precision."""

import torch


def test_right(right):
    """Right: keep what x.half() returns."""
    assert (
        right.model(right.x).eq(3 * 0.5 + 0.25).all()
        and right.model(right.x).dtype == torch.float16
    )


def test_training(training):
    """What Adam does to float16 weights."""
    torch.testing.assert_close(training.w.detach(), torch.tensor([1.0, 0.75]), rtol=0, atol=1e-4)
