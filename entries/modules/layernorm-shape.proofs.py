"""Proofs of layernorm-shape."""

import torch


def test_default(default):
    """Move the channels to the end and back."""
    mean = default.x.sum(dim=1, keepdim=True) / 8
    variance = (default.x - mean).square().sum(dim=1, keepdim=True) / 8
    torch.testing.assert_close(default.y, (default.x - mean) / (variance + 1e-5).sqrt())


def test_right_groups(right_groups):
    """A number of groups that divides the channels."""
    pair = right_groups.x[1, 2:4]  # the second group: channels 2 and 3
    spread = (pair.var(correction=0) + 1e-5).sqrt()
    torch.testing.assert_close(right_groups.y[1, 2:4], (pair - pair.mean()) / spread)


def test_silent(silent):
    """Silent: L equals C, and the wrong dimension is normalized."""
    torch.testing.assert_close(silent.over_length, torch.tensor(0.0), atol=1e-6, rtol=0)
    torch.testing.assert_close(silent.y, silent.by_hand)  # dim 2 is L
