"""Proofs of imports."""

import torch
from torch import nn
from torch.nn import functional as F


def test_default(default):
    """The block, and what nn and F share."""
    assert torch.equal(nn.ReLU()(default.x), F.relu(default.x)) and torch.equal(
        F.relu(default.x), default.x.clamp(min=0)
    )
    torch.testing.assert_close(
        default.layer(default.x), F.linear(default.x, default.layer.weight, default.layer.bias)
    )


def test_right(right):
    """Right: pass self.training, or use nn.Dropout."""
    assert right.out.unique().tolist() == [1.0], (
        f"values {right.out.unique().tolist()} in eval mode"
    )
