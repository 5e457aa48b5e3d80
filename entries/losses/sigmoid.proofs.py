"""Proofs of sigmoid."""

import math
import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F


def test_default(default):
    """The formula, the inverse, the slope."""
    torch.testing.assert_close(default.p.detach(), default.by_hand)
    torch.testing.assert_close(default.x.grad, default.by_hand * (1 - default.by_hand))
    torch.testing.assert_close(torch.logit(default.p), default.x)
    torch.testing.assert_close(
        (default.p / (1 - default.p)).log(), default.x
    )  # the log of the odds
    two_classes = torch.stack([torch.zeros(4), default.x.detach()], dim=1)  # (N, 2)
    torch.testing.assert_close(two_classes.softmax(dim=1)[:, 1], default.by_hand)


def test_wrong(wrong):
    """Wrong: log of a sigmoid, logit without eps."""
    assert wrong.p[0] == 1


def test_right(right):
    """Right: logsigmoid, logit with eps."""
    by_hand = [-20 - math.log1p(math.exp(-20)), -2 - math.log1p(math.exp(-2))]
    torch.testing.assert_close(F.logsigmoid(-right.x), torch.tensor(by_hand))
    clamped = torch.tensor([math.log(0.999 / 0.001), 2.0])
    torch.testing.assert_close(torch.logit(right.p, eps=1e-3), clamped, rtol=1e-4, atol=1e-4)


def test_plot(plot):
    """Sigmoid and its slope, drawn."""
    numeric = torch.gradient(plot.p, spacing=0.1)[0]
    torch.testing.assert_close(numeric[1:-1], plot.slope[1:-1], atol=3e-4, rtol=0)
    assert plt.imread("sigmoid.png").shape[:2] == (300, 600)
