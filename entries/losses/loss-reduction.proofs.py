"""Proofs of loss-reduction."""

import torch
import torch.nn.functional as F


def test_default(default):
    """What mean divides by."""
    assert default.values.tolist() == [[0, 4, 9], [16, 0, 25]]
    assert default.total == 54 and default.mean == 54 / 6  # elements, not samples
    torch.testing.assert_close(
        default.loss, default.weighted.sum() / (4 + 1)
    )  # the weights of 2 and 0
    torch.testing.assert_close(default.weighted[0], 4 * -default.a[0].log_softmax(0)[2])
    rows = F.binary_cross_entropy_with_logits(default.a, default.b, reduction="none").mean(
        dim=1
    )  # (N,)
    torch.testing.assert_close(default.bce, (0.5 * rows[0] + 3 * rows[1]) / 2)


def test_masked(masked):
    """Average over real positions only."""
    by_hand = (1 + 4 + 9 + 16 + 1) / 5
    assert abs(masked.loss.item() - by_hand) < 1e-6
    assert abs(masked.diluted.item() - 31 / 8) < 1e-6


def test_right(right):
    """Right: reduce, then backward."""
    torch.testing.assert_close(right.w.grad, torch.tensor([2.0, 4.0, 8.0]) / 3)
