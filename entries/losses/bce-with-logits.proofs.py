"""Proofs of bce-with-logits."""

import math
import torch


def test_default(default):
    """Two ways to the same number, and sigmoid applied twice."""
    # a one costs log(1 + e^-z), a zero costs log(1 + e^z)
    by_hand = [math.log1p(math.exp(z)) for z in (-3, -2, 1)]
    assert math.isclose(default.loss, sum(by_hand) / 3, rel_tol=1e-5)
    torch.testing.assert_close(default.two_steps, default.loss)
    assert math.isclose(default.sure, math.log1p(1 / math.e), rel_tol=1e-5)


def test_multi_label(multi_label):
    """Several labels per sample, and predictions from logits."""
    assert math.isclose(
        multi_label.loss, multi_label.total / 6, rel_tol=1e-5
    )  # the mean over N x C
    assert torch.equal(multi_label.predicted, multi_label.logits.sigmoid() > 0.5)


def test_wrong(wrong):
    """Wrong: sigmoid, then BCE; a confident mistake gets no gradient."""
    assert wrong.losses[0] == 100 and wrong.logits.grad[0] == 0


def test_right(right):
    """Right: pass the logits."""
    assert right.losses[0] == 20
    torch.testing.assert_close(right.logits.grad, right.logits.detach().sigmoid() - right.target)
