"""Proofs of torch-compile."""

import torch
from torch import nn


def test_default(default):
    """Same result; count how often it compiles."""
    assert default.counts == [2, 4, 1]
    assert default.calls == ["sin", "mul", "add", "relu", "sum_1"]


def test_right(right):
    """Right: compile in place, the names stay."""
    x = torch.eye(2)  # (N, D)
    torch.testing.assert_close(right.fresh(x), right.model(x))
    assert type(right.model) is nn.Sequential and list(right.saved) == ["0.weight", "0.bias"]
