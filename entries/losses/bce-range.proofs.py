"""Proofs of bce-range."""

import torch


def test_default(default):
    """Logits go into the with-logits loss."""
    p = 1 / (1 + torch.exp(torch.tensor([1.0, -3.0, -0.5])))
    torch.testing.assert_close(default.loss.detach(), -((1 - p[0]) * p[1] * p[2]).log() / 3)
    torch.testing.assert_close(default.x.grad, (p - default.y) / 3)


def test_wrong_cure(wrong_cure):
    """clamp: no message, and no gradient."""
    assert wrong_cure.x.grad.tolist()[:2] == [0, 0]  # never mended
    torch.testing.assert_close(wrong_cure.x.grad[2].item(), -1 / 0.5 / 3)
