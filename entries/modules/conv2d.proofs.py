"""Proofs of conv2d."""

import math
import warnings

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    return {"nn": nn, "x": torch.randn(2, 3, 9, 6), "in_channels": 3, "out_channels": 4}


def rows(length, kernel, stride=1, padding=0, dilation=1):
    return math.floor((length + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1


def by_hand(conv, x):
    """The output of a convolution without groups, one value at a time."""
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = conv.kernel_size, conv.stride, conv.padding, conv.dilation
    padded = F.pad(x, (pw, pw, ph, ph))
    out = torch.empty(len(x), conv.out_channels, rows(x.shape[2], kh, sh, ph, dh), rows(x.shape[3], kw, sw, pw, dw))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            patch = padded[:, :, i * sh : i * sh + dh * (kh - 1) + 1 : dh, j * sw : j * sw + dw * (kw - 1) + 1 : dw]
            for c in range(conv.out_channels):
                out[:, c, i, j] = (patch * conv.weight[c]).sum((1, 2, 3)) + conv.bias[c]
    return out


def test_answer(answer):
    """padding=1 keeps the size for a kernel of 3, and stride=2 halves it, rounded up."""
    assert answer.y.shape == (2, 4, 9, 6) and answer.z.shape == (2, 4, 5, 3)
    torch.testing.assert_close(answer.y, by_hand(answer.same, answer.x))
    torch.testing.assert_close(answer.z, by_hand(answer.half, answer.x))


def test_default(default):
    """The output is a bias plus the sum of patch times kernel, and its size follows the formula."""
    torch.manual_seed(0)
    x = torch.randn(2, 3, 10, 7)
    assert default.x.shape == x.shape
    for conv in default.layers.values():
        torch.testing.assert_close(conv(x), by_hand(conv, x))
    sizes = [conv(x).shape[2:] for conv in default.layers.values()]
    assert sizes == [(8, 5), (10, 7), (5, 4), (6, 3), (10, 7)]


def test_own_kernel(own_kernel):
    """A Sobel kernel is not flipped: where the image gets brighter to the right, it gives 4."""
    assert own_kernel.edges.tolist() == [[[[4, 4, 0], [4, 4, 0]]]]
    row = [0, 0, 1, 1, 1]
    assert own_kernel.edges[0, 0, 0].tolist() == [(1 + 2 + 1) * (row[i + 2] - row[i]) for i in range(3)]
    assert own_kernel.kernel.tolist() == [[-w, 0, w] for w in (1, 2, 1)] and own_kernel.image.shape == (4, 5)


def test_unfold(unfold):
    """F.unfold takes out the patches, and a convolution is its weight as a matrix times them."""
    assert unfold.patches.shape == (2, 3 * 2 * 3, 5 * 3)
    for p in range(15):
        i, j = divmod(p, 3)
        assert torch.equal(unfold.patches[:, :, p], unfold.x[:, :, i : i + 2, j : j + 3].flatten(1))
    torch.testing.assert_close(unfold.y.view(2, 4, 5, 3), unfold.conv(unfold.x))


def test_right(right):
    """permute(0, 3, 1, 2) moves the channels of (N, H, W, C) to the front."""
    torch.testing.assert_close(right.y, by_hand(right.conv, torch.ones(2, 3, 9, 8)))


def test_channels_first(raises):
    """(N, H, W, C) raises; if H equals in_channels, it passes unless the kernel is larger than W or C."""
    conv = nn.Conv2d(3, 4, 3)
    with raises(RuntimeError, "to have 3 channels, but got 9 channels instead"):
        conv(torch.ones(2, 9, 8, 3))
    assert conv(torch.ones(2, 3, 8, 3)).shape == (2, 4, 6, 1)
    with raises(RuntimeError, "Kernel size can't be greater than actual input size"):
        nn.Conv2d(3, 4, 5)(torch.ones(2, 3, 8, 3))


def test_three_dims_are_one_image(raises):
    """(C, H, W) is one image; a gray batch (N, H, W) raises and works after unsqueeze(1)."""
    assert nn.Conv2d(3, 4, 3)(torch.ones(3, 9, 8)).shape == (4, 7, 6)
    gray, conv = torch.ones(2, 9, 8), nn.Conv2d(1, 4, 3)
    with raises(RuntimeError, "expected input[1, 2, 9, 8] to have 1 channels, but got 2"):
        conv(gray)
    assert conv(gray.unsqueeze(1)).shape == (2, 4, 7, 6)


def test_padding_per_side():
    """padding=1 adds two rows and two columns."""
    x = torch.ones(2, 3, 9, 8)
    assert nn.Conv2d(3, 4, 1, padding=1)(x).shape == (2, 4, 9 + 2, 8 + 2)


def test_zeros_at_the_border():
    """On an all-white image zero padding gives other values at the border; reflection gives one value."""
    torch.manual_seed(0)
    x = torch.ones(1, 1, 6, 7)
    zeros = nn.Conv2d(1, 1, 3, padding=1)(x)
    reflect = nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect")(x)
    assert zeros.std() > 0.01 and reflect.std() < 1e-6
    assert zeros[0, 0, 1:-1, 1:-1].std() < 1e-6


def test_groups(raises):
    """The weight is (out, in / groups, kH, kW), and both channel counts must be divisible by groups."""
    assert nn.Conv2d(6, 4, (3, 5), groups=2).weight.shape == (4, 6 // 2, 3, 5)
    with raises(ValueError, "in_channels must be divisible by groups"):
        nn.Conv2d(3, 4, 3, groups=2)
    with raises(ValueError, "out_channels must be divisible by groups"):
        nn.Conv2d(4, 3, 3, groups=2)


def test_same(raises):
    """At stride 1, dilation * (kernel_size // 2) keeps the size for odd kernels, "same" for all; "same" refuses strides."""
    x = torch.ones(2, 3, 9, 8)
    for k in (1, 3, 5, 7):
        assert nn.Conv2d(3, 4, k, padding=k // 2)(x).shape == (2, 4, 9, 8)
        assert nn.Conv2d(3, 4, k, padding=2 * (k // 2), dilation=2)(x).shape == (2, 4, 9, 8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that even kernels may need a copy
        for k in (1, 2, 3, 4, 5):
            for dilation in (1, 2):
                assert nn.Conv2d(3, 4, k, padding="same", dilation=dilation)(x).shape == (2, 4, 9, 8)
    with raises(ValueError, "padding='same' is not supported for strided convolutions"):
        nn.Conv2d(3, 4, 3, stride=2, padding="same")


def test_stride_divides():
    """With padding=dilation * (kernel_size // 2) an odd kernel divides the size by the stride, rounded up."""
    for k in (1, 3, 5, 7):
        for stride in (1, 2, 3, 4):
            for dilation in (1, 2):
                conv = nn.Conv2d(1, 1, k, stride=stride, padding=dilation * (k // 2), dilation=dilation)
                shape = conv(torch.ones(1, 1, 13, 12)).shape[2:]
                assert shape == (math.ceil(13 / stride), math.ceil(12 / stride))


def test_bias_before_batchnorm():
    """In training, BatchNorm gives the same result with and without a bias before it."""
    torch.manual_seed(0)
    conv, norm, x = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), torch.randn(2, 3, 9, 8)
    with_bias = norm(conv(x))
    conv.bias = None
    torch.testing.assert_close(norm(conv(x)), with_bias)
