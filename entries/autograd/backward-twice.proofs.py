"""Proofs of backward-twice."""

import torch


def test_default(default):
    """Detach what goes into the next step."""
    torch.testing.assert_close(default.cell.bias_ih.grad, default.slopes[0])


def test_two_losses(two_losses):
    """Two losses: add them, walk once."""
    assert two_losses.w.grad.tolist() == [2 * v + 4 * v**3 for v in (2.0, 5.0)]
