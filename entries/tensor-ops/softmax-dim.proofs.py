"""Proofs of softmax-dim."""

import torch


def test_default(default):
    """Along the class dim each row sums to 1."""
    torch.testing.assert_close(
        default.p, default.logits.exp() / default.logits.exp().sum(dim=-1, keepdim=True)
    )


def test_over_batch(over_batch):
    """Silently wrong: dim=0 on (N, C)."""
    assert over_batch.p[:, 1].tolist() == [0.5, 0.5]  # sample 0 competes with sample 1
