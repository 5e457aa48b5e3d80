"""Proofs of loss-class-vs-functional."""

import math
import torch


def test_default(default):
    """Four losses, both ways."""
    nll = [-default.log_p[0, 0].item(), -default.log_p[1, 2].item()]  # weights 1 and 3
    expected = (nll[0] + 3 * nll[1]) / 4
    assert math.isclose(default.pairs["cross_entropy"][0], expected, rel_tol=1e-5)


def test_state(state):
    """The class keeps weights as buffers."""
    assert state.model.criterion.weight.dtype == torch.float64
    assert state.trained == {"head.weight": (2, 3), "head.bias": (2,)}  # not the class weights


def test_right(right):
    """Right: build, then call."""
    by_hand = (-2.0 + right.out[0].exp().sum().log() + right.out[1].exp().sum().log()) / 2
    torch.testing.assert_close(right.loss, by_hand)
