"""Proofs of dataset-mean-std."""

import torch


def test_default(default):
    """One pass over batches of unequal size."""
    flat = default.images.double().transpose(0, 1).flatten(1)  # (C, N*H*W), all at once
    torch.testing.assert_close(default.mean, flat.mean(dim=1))
    torch.testing.assert_close(default.std, flat.std(dim=1, correction=0))
    normalized = (default.images - default.mean.view(3, 1, 1)) / default.std.view(3, 1, 1)
    assert normalized.mean(dim=(0, 2, 3)).abs().max() < 1e-6
    variance = normalized.var(dim=(0, 2, 3), correction=0)
    torch.testing.assert_close(variance, torch.ones(3).double())


def test_wrong(wrong):
    """Wrong: average the std of each image."""
    assert wrong.std == (1 + 2) / 2


def test_right(right):
    """Right: over all pixels together."""
    pixels = (0, 2, 10, 14)
    mean = sum(pixels) / 4
    assert abs(right.std.item() ** 2 - sum((v - mean) ** 2 for v in pixels) / 4) < 1e-4
