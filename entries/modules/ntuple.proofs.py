"""Proofs of ntuple."""

import collections.abc as container_abcs
from torch import nn


def test_default(default):
    """Your own, checked against what Conv2d does."""
    assert default.ntuple(4, 3) == nn.Conv3d(1, 1, 4).kernel_size


def test_right(right):
    """The standard library has it."""
    assert not isinstance(0, container_abcs.Iterable)
    assert isinstance("", container_abcs.Iterable)  # beware of strings
