"""Proofs of inplace-error."""

import torch


def test_default(default):
    """Make a new tensor."""
    torch.testing.assert_close(default.x.grad, torch.exp(default.x.detach()))


def test_silent(silent):
    """Through .data it is silent and wrong."""
    assert torch.equal(silent.x.grad, silent.wrong)
