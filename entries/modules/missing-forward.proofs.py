"""Proofs of missing-forward."""

import torch
from torch import nn


def test_default(default):
    """forward beside __init__."""
    assert default.Double()(default.x).tolist() == [2.0, 6.0]


def test_right_list(right_list):
    """Call them one after the other."""
    torch.testing.assert_close(right_list.x, nn.Sequential(*right_list.layers)(torch.ones(1, 2)))
