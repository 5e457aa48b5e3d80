"""Proofs of adaptive-avg-pool."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def given():
    return {"nn": nn, "features": nn.Conv2d(3, 7, 3), "C": 7, "num_classes": 4}


def test_answer(answer):
    """The head averages each channel and works for images of any size."""
    for height, width in ((9, 6), (5, 14)):
        x = torch.randn(2, 3, height, width)
        means = answer.features(x).flatten(2).sum(dim=2) / ((height - 2) * (width - 2))
        torch.testing.assert_close(answer.model(x), means @ answer.model[3].weight.T + answer.model[3].bias)
    assert answer.model(x).shape == (2, 4)


def test_default(default):
    """AdaptiveAvgPool2d(1) gives (N, C, 1, 1), the mean over H and W."""
    x = torch.randn(2, 8, 5, 3)
    pooled = default.model[2](x)
    assert pooled.shape == (2, 8, 1, 1)
    torch.testing.assert_close(pooled.flatten(1), x.mean(dim=(2, 3)))
    torch.testing.assert_close(F.adaptive_avg_pool2d(x, 1), pooled)
    torch.testing.assert_close(nn.AdaptiveMaxPool2d(1)(x).flatten(1), x.flatten(2).max(dim=2).values)
    assert default.model(torch.ones(1, 3, 5, 6)).shape == (1, 4)


def test_windows(windows):
    """Window i covers floor(i * H / h) up to, not including, ceil((i + 1) * H / h)."""
    assert windows.x.flatten().tolist() == [i * i for i in range(7)]
    torch.manual_seed(0)
    for size in range(1, 15):
        x = torch.randn(1, 1, size)
        for out in range(1, 12):
            bounds = [(math.floor(i * size / out), math.ceil((i + 1) * size / out)) for i in range(out)]
            expected = torch.stack([x[0, 0, a:b].mean() for a, b in bounds])
            torch.testing.assert_close(nn.AdaptiveAvgPool1d(out)(x)[0, 0], expected)
            overlap = any(end > start for (_, end), (start, _) in zip(bounds, bounds[1:]))
            assert overlap == (size % out != 0 and out > 1)
    assert len(windows.values) == 3 and windows.y.shape == (1, 1, 3)


def test_larger_outputs_repeat():
    """If the output is twice as large as the input, each value appears twice."""
    y = nn.AdaptiveAvgPool1d(6)(torch.tensor([[[1.0, 5.0, 7.0]]]))
    assert y.tolist() == [[[1, 1, 5, 5, 7, 7]]]


def test_none_keeps_a_dim():
    """None keeps a dim, so (None, 1) averages over W only."""
    x = torch.randn(2, 3, 5, 4)
    torch.testing.assert_close(nn.AdaptiveAvgPool2d((None, 1))(x), x.mean(dim=3, keepdim=True))


def test_wrong(wrong):
    """squeeze() removes the batch dim of a batch of one."""
    assert wrong.x.shape == (1, 6, 5, 5) and wrong.pooled.tolist() == [1] * 6


def test_right(right):
    """flatten(1) keeps the batch dim."""
    assert right.x.shape == (1, 6, 5, 5) and right.pooled.tolist() == [[1] * 6]


def test_linear_needs_flatten(raises):
    """Without flatten(1) a linear layer raises, because it sees a last dim of 1."""
    pooled, fc = nn.AdaptiveAvgPool2d(1)(torch.ones(2, 6, 5, 5)), nn.Linear(6, 4)
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied (12x1 and 6x4)"):
        fc(pooled)
    assert fc(pooled.flatten(1)).shape == (2, 4)


def test_squeeze_drops_too_much():
    """squeeze() drops the batch dim if N is 1, and the channels if C is 1."""
    pool = nn.AdaptiveAvgPool2d(1)
    assert pool(torch.ones(1, 6, 5, 5)).squeeze().shape == (6,)
    assert pool(torch.ones(2, 1, 5, 5)).squeeze().shape == (2,)


def test_small_maps_pass():
    """A map of 1 x 1 is returned as it is."""
    x = torch.randn(2, 3, 1, 1)
    assert torch.equal(nn.AdaptiveAvgPool2d(1)(x), x)
