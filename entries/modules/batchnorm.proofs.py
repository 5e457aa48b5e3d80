"""Proofs of batchnorm."""

import torch


def test_default(default):
    """By hand, in training and in eval."""
    torch.testing.assert_close(
        default.y,
        (default.x - default.channels(default.mean))
        / default.channels(default.biased + 1e-3).sqrt(),
    )
    torch.testing.assert_close(default.norm.running_mean, 0.2 * default.mean)  # from 0
    torch.testing.assert_close(
        default.norm.running_var, 0.8 * 1 + 0.2 * default.unbiased
    )  # from 1
    running = (default.x - default.channels(default.norm.running_mean)) / default.channels(
        default.norm.running_var + 1e-3
    ).sqrt()
    torch.testing.assert_close(default.z, running)
    torch.testing.assert_close(
        default.norm(default.x[:1]), default.z[:1]
    )  # neighbors do not matter


def test_right(right):
    """Drop the incomplete batch."""
    expected = 0.1 * (0.9 * right.data[:4].mean(0) + right.data[4:8].mean(0))
    torch.testing.assert_close(right.norm.running_mean, expected)
