"""Proofs of mixup."""

import torch
import torch.nn.functional as F


def test_default(default):
    """Mix a batch and its losses."""
    soft = default.lam * F.one_hot(default.y_a, 4) + (1 - default.lam) * F.one_hot(
        default.y_b, 4
    )  # (N, C)
    torch.testing.assert_close(default.loss, F.cross_entropy(default.logits, soft))
    assert sorted(default.y_b.tolist()) == sorted(default.y.tolist()) != default.y_b.tolist()
    torch.testing.assert_close(
        default.mixed.mean(dim=0), default.x.mean(dim=0)
    )  # blending keeps the mean
