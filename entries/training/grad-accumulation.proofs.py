"""Proofs of grad-accumulation."""

import torch


def test_default(default):
    """One epoch, equal to large batches."""
    torch.testing.assert_close(default.model.weight, default.reference.weight)
    torch.testing.assert_close(default.model.bias, default.reference.bias)


def test_wrong(wrong):
    """Wrong: add up mean losses."""
    assert wrong.w.grad.item() == 3 * -2 * 3.5  # three times too large


def test_right(right):
    """Right: divide by the number of micro-batches."""
    torch.testing.assert_close(right.w.grad, torch.tensor(-2 * 3.5))  # as of the whole batch
