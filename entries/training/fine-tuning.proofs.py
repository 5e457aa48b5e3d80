"""Proofs of fine-tuning."""

import torch


def test_freeze(freeze):
    """Train the head alone, then thaw the backbone."""
    assert [group["lr"] for group in freeze.optimizer.param_groups] == [0.1, 0.01]


def test_wrong(wrong):
    """Wrong: a frozen BatchNorm that keeps learning statistics."""
    assert not any(p.requires_grad for p in wrong.backbone.parameters())
    torch.testing.assert_close(
        wrong.backbone[1].running_mean, 0.1 * wrong.backbone[0](wrong.x).mean(dim=0)
    )


def test_right(right):
    """Right: a frozen backbone stays in eval."""
    assert not any(p.requires_grad for p in right.backbone.parameters())
    assert torch.equal(right.before, right.backbone[1].running_mean)
