"""Proofs of save-state-dict."""

import copy
import torch


def test_default(default):
    """Save weights with their arguments, rebuild, load."""
    torch.testing.assert_close(default.again(default.x), default.model.fc2(default.h.relu()))


def test_wrong(wrong):
    """Wrong: keep the best weights in a variable."""
    assert copy.copy(wrong.best)["weight"].item() == 3 + 4  # even a shallow copy


def test_right(right):
    """Right: copy them deeply."""
    assert right.model.weight.item() == 7 and right.best["weight"].item() == 3
