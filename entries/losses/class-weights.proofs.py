"""Proofs of class-weights."""

import torch
import torch.nn.functional as F


def test_default(default):
    """Weights from the counts."""
    torch.testing.assert_close(
        default.weight * default.count, torch.full((3,), 8 / 3)
    )  # equal totals
    each = -default.logits.log_softmax(1)[torch.arange(8), default.target]  # (N,)
    class_means = [each[:5].mean(), each[7], each[5:7].mean()]
    torch.testing.assert_close(default.loss, sum(class_means) / 3)


def test_mean(mean):
    """What the weighted mean divides by."""
    torch.testing.assert_close(mean.index, (1 * mean.each[0] + 4 * mean.each[1]) / (1 + 4))
    torch.testing.assert_close(mean.dense, (1 * mean.each[0] + 4 * mean.each[1]) / 2)
    bigger = F.cross_entropy(mean.logits, mean.target, weight=7 * mean.weight)
    torch.testing.assert_close(bigger, mean.index)  # the scale cancels
    one = F.cross_entropy(mean.logits[1:], mean.target[1:], weight=mean.weight)
    torch.testing.assert_close(one, mean.each[1])  # one class only: as without weights
