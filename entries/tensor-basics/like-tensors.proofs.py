"""Proofs of like-tensors."""

import torch


def test_default(default):
    """What is copied."""
    z = default.made["zeros_like"]
    assert z.shape == default.x.shape == (2, 3) and z.stride() == default.x.stride() == (1, 2)
    assert type(z) is torch.Tensor and default.x.requires_grad and not z.requires_grad


def test_noise(noise):
    """Noise with the shape and dtype of its mean."""
    assert noise.z.dtype == torch.float64
    torch.testing.assert_close(noise.z.mean(dim=0), noise.mean[0], atol=0.05, rtol=0)
    torch.testing.assert_close(noise.z.std(dim=0), noise.std, atol=0.05, rtol=0)
    assert abs(torch.corrcoef(noise.z.T)[0, 1]) < 0.03  # columns are independent


def test_right(right):
    """Right: give a float dtype."""
    assert abs((right.chance < 0.25).float().mean() - 1 / 4) < 0.03
