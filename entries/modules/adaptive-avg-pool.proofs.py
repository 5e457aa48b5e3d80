"""Proofs of adaptive-avg-pool."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def given():
    return {"nn": nn, "features": nn.Conv2d(3, 7, 3), "C": 7, "num_classes": 4}


def test_answer(answer):
    """The head averages each channel, for images of different sizes."""
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
    """If h is twice H, each row appears twice."""
    x = torch.randn(2, 3, 5, 4)
    assert torch.equal(nn.AdaptiveAvgPool2d((10, None))(x), x.repeat_interleave(2, dim=2))


def test_images_may_be_too_small(raises):
    """An image smaller than the kernel of a convolution before the pooling raises."""
    model = nn.Sequential(nn.Conv2d(3, 8, kernel_size=3), nn.AdaptiveAvgPool2d(1))
    assert model(torch.ones(1, 3, 3, 3)).shape == (1, 8, 1, 1)
    with raises(RuntimeError, "Kernel size can't be greater than actual input size"):
        model(torch.ones(1, 3, 2, 2))


def test_flatten_gives_all_cells():
    """An output of (h, w) and flatten(1) give C * h * w features."""
    assert nn.AdaptiveAvgPool2d((2, 3))(torch.ones(2, 7, 9, 9)).flatten(1).shape == (2, 7 * 2 * 3)


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
