"""Proofs of tuple-output."""

import torch


def test_default(default):
    """Unpack inside a module of your own."""
    torch.testing.assert_close(
        default.net[0](default.x), default.net[0].lstm(default.x)[1][0][0]
    )  # h of the only layer


def test_right_attribute(right_attribute):
    """Unpack output and weights."""
    torch.testing.assert_close(right_attribute.weights.sum(-1), torch.ones(5, 7))
