"""Proofs of avgpool."""

import torch
from torch import nn
from torch.nn import functional as F


def given():
    return {"nn": nn, "x": torch.arange(2 * 3 * 5 * 7.0).view(2, 3, 5, 7)}


def test_answer(answer):
    """AvgPool2d(2) averages 2 × 2 cells and drops what is left over."""
    x = answer.x
    assert answer.y.shape == (2, 3, 2, 3)
    for i in range(2):
        for j in range(3):
            window = x[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            torch.testing.assert_close(answer.y[:, :, i, j], window.mean(dim=(2, 3)))
    torch.testing.assert_close(answer.whole(x), x.mean(dim=(2, 3), keepdim=True))
    torch.testing.assert_close(answer.same(x)[:, :, 0, 0], x[:, :, :2, :2].mean(dim=(2, 3)))
    torch.testing.assert_close(answer.same(x)[:, :, 4, 3], x[:, :, 3:, 2:5].mean(dim=(2, 3)))
    assert answer.same(x).shape == x.shape


def test_default(default):
    """stride and kernel_size may differ for H and W."""
    rows = default.x[0, 0]
    assert (F.avg_pool2d(default.x, (3, 2), (1, 3))[0, 0, 1, 1] == rows[1:4, 3:5].mean()).item()
    assert (F.avg_pool2d(default.x, 2, ceil_mode=True)[0, 0, 1, 2] == rows[2:, 4].mean()).item()


def test_moving_average(moving_average):
    """With count_include_pad=False, the ends are averaged over the two values that exist."""
    s = moving_average.signal.tolist()
    windows = [s[max(0, i - 1) : i + 2] for i in range(5)]
    assert moving_average.smooth.tolist() == [sum(w) / len(w) for w in windows]


def test_padding_counts(wrong):
    """With padding, the zeros at the border count: 6 of 9 cells on the edge, 4 of 9 in the corner."""
    assert wrong.x.shape == (1, 1, 3, 4)
    torch.testing.assert_close(wrong.pool(wrong.x)[0, 0, 0, :2], torch.tensor([4 / 9, 6 / 9]))


def test_right(right):
    """count_include_pad=False keeps a map of ones at one."""
    assert torch.equal(right.pool(right.x), torch.ones(1, 1, 3, 4))


def test_depthwise_convolution():
    """Average pooling equals a depthwise convolution whose weights are 1 / kernel_size squared."""
    torch.manual_seed(0)
    x = torch.randn(2, 3, 6, 8)
    weight = torch.full((3, 1, 2, 2), 1 / 4)
    torch.testing.assert_close(nn.AvgPool2d(2)(x), F.conv2d(x, weight, stride=2, groups=3))
    assert list(nn.AvgPool2d(2).parameters()) == []


def test_function():
    """F.avg_pool2d gives what the module gives."""
    x = torch.arange(48.0).view(1, 2, 4, 6)
    assert torch.equal(F.avg_pool2d(x, 2), nn.AvgPool2d(2)(x))


def test_a_kernel_of_seven_fits_seven(raises):
    """AvgPool2d(7) raises for a 6 × 6 map and ignores the last row and column of an 8 × 8 map."""
    with raises(RuntimeError, "Output size is too small"):
        nn.AvgPool2d(7)(torch.ones(1, 2, 6, 6))
    x = torch.arange(64.0).view(1, 1, 8, 8)
    torch.testing.assert_close(nn.AvgPool2d(7)(x), x[:, :, :7, :7].mean(dim=(2, 3), keepdim=True))
    torch.testing.assert_close(nn.AdaptiveAvgPool2d(1)(x), x.mean(dim=(2, 3), keepdim=True))


def test_integers(raises):
    """On the CPU, AvgPool2d cuts the mean of int64 values to an integer and raises for smaller integers."""
    x = torch.tensor([[[1, 2], [2, 2]]])
    assert nn.AvgPool2d(2)(x).tolist() == [[[1]]]
    assert nn.AvgPool2d(2)(x.float()).tolist() == [[[1.75]]]
    for dtype in torch.uint8, torch.int8, torch.int16, torch.int32:
        with raises(RuntimeError, "not implemented for"):
            nn.AvgPool2d(2)(x.to(dtype))
