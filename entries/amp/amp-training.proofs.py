"""Proofs of amp-training."""

import torch


def test_default(default):
    """A training step that runs on CUDA and on the CPU."""
    assert (default.logits.dtype, default.loss.dtype) == (torch.bfloat16, torch.float32)
    assert {p.dtype for p in default.model.parameters()} == {
        torch.float32
    } and default.norm.isfinite()
    assert default.losses[-1] < 0.75 * default.losses[0]


def test_scaler(scaler):
    """What GradScaler does when gradients overflow."""
    assert [row[1] for row in scaler.history] == [0.0, 0.0, -1.0, -2.0]  # the second is skipped
    assert [row[2] for row in scaler.history] == [1024, 512, 512, 1024]  # halved, then regrown
    assert scaler.history[2][0] == 2 * 512


def test_underflow(underflow):
    """Why float16 needs scaling and bfloat16 does not."""
    assert underflow.edge.half().tolist() == [65504, float("inf")]


def test_wrong(wrong):
    """Wrong: clip the scaled gradients."""
    by_hand = torch.tensor([3.0, 4.0]) * (1 - 0.5 * 2.5 / 5 / 1024)  # 1024 times too short
    torch.testing.assert_close(wrong.w.detach(), by_hand)


def test_right(right):
    """Right: unscale_, then clip."""
    by_hand = torch.tensor([3.0, 4.0]) * (1 - 0.5 * 2.5 / 5)
    torch.testing.assert_close(right.w.detach(), by_hand)
