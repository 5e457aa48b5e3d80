"""Proofs of zero-grad."""

import torch


def test_default(default):
    """One step of SGD, checked by hand."""
    torch.testing.assert_close(default.w.data, torch.tensor([1.0, -2.0]) * (1 - 0.1 * 2) ** 2)
    assert default.w.grad is None


def test_accumulate(accumulate):
    """Four small batches make one large step."""
    torch.testing.assert_close(accumulate.model.weight.grad, accumulate.whole)
    torch.testing.assert_close(accumulate.start - accumulate.model.weight, 0.1 * accumulate.whole)


def test_wrong(wrong):
    """Wrong: forget to clear."""
    assert wrong.w.grad == 3 + 3 + 3
    torch.testing.assert_close(wrong.w.item(), 1 - 0.1 * (3 + 6 + 9))


def test_right(right):
    """Right: clear before each backward."""
    assert right.w.grad == 3
    torch.testing.assert_close(right.w.item(), 1 - 0.1 * (3 + 3 + 3))
