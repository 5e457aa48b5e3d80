"""Proofs of topk."""

import torch


def test_default(default):
    """Top-1 and top-2 accuracy."""
    ranked = [sorted(range(3), key=lambda c: -row[c])[:2] for row in default.rows]
    assert default.indices.tolist() == ranked
    assert torch.equal(default.values, default.logits.gather(1, default.indices))
    smallest = default.logits.topk(1, largest=False).values.flatten()
    assert torch.equal(smallest, default.logits.amin(1))


def test_order(order):
    """Sort one tensor by another."""
    assert order.order.tolist() == sorted(range(4), key=lambda i: -order.scores[i])
    assert torch.equal(order.scores[order.order][order.rank], order.scores)
    second_smallest = order.scores.kthvalue(2).values.item()
    assert second_smallest == order.scores.sort().values[1]
