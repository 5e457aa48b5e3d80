"""Proofs of kernel-too-big."""

import torch
import torch.nn.functional as F
from torch import nn


def given():
    return {"F": F, "nn": nn, "C": 3, "x": torch.ones(2, 3, 8, 12)}


def test_answer(answer):
    """A 3 × 3 convolution with padding=1 keeps H and W, and AdaptiveAvgPool2d(1) takes each size."""
    assert answer.x.shape == (2, 3, 224, 224)
    for size in (1, 1), (2, 3), (7, 7), (9, 4):
        y = answer.conv(torch.ones(2, 3, *size))
        assert y.shape == (2, 64, *size)
        assert answer.pool(y).shape == (2, 64, 1, 1)


def test_default(default):
    """The shape after each layer shows where the map shrinks."""
    x, shapes = torch.ones(1, 3, 8, 12), []
    for layer in default.model:
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
    assert shapes == [(8, 4, 6), (8, 2, 3), (16, 2, 3), (16, 1, 1)]


def test_smallest(smallest):
    """On the meta device, the smallest size that a model takes is found by trying."""
    layers = [nn.Conv2d(3, 8, 7, stride=2), nn.MaxPool2d(3, stride=2), nn.Conv2d(8, 16, 3)]
    real = nn.Sequential(*layers)
    assert real(torch.ones(1, 3, smallest.size, smallest.size)).shape == (1, 16, 1, 1)
    try:
        real(torch.ones(1, 3, smallest.size - 1, smallest.size - 1))
    except RuntimeError:
        return
    raise AssertionError("a smaller image runs")


def test_right(right):
    """With padding=1, a 3 × 3 kernel fits a 2 × 3 map."""
    assert right.x.shape == (1, 3, 8, 12)
    assert right.model(right.x).shape == (1, 8, 2, 3)


def test_right_pool(right_pool):
    """AdaptiveAvgPool2d(1) averages the whole map."""
    assert right_pool.x.shape == (1, 5, 6, 6)
    x = torch.arange(180.0).view(1, 5, 6, 6)
    torch.testing.assert_close(right_pool.pool(x), x.mean(dim=(2, 3), keepdim=True))


def test_five_strides():
    """Five layers of stride 2 turn 32 × 32 into 1 × 1."""
    x = torch.ones(1, 1, 32, 32)
    for _ in range(5):
        x = F.max_pool2d(x, 2)
    assert x.shape == (1, 1, 1, 1)


def test_the_message_counts_padding_and_dilation(raises):
    """The message counts the padding in the input and the dilation in the kernel."""
    with raises(RuntimeError, "input size per channel: (6 x 11). Kernel size: (7 x 7)"):
        nn.Conv2d(1, 2, 3, dilation=3, padding=1)(torch.ones(1, 1, 4, 9))


def test_one_side_is_enough(raises):
    """The convolution raises if H alone or W alone is too small."""
    for size in (2, 9), (9, 2):
        with raises(RuntimeError, "Kernel size can't be greater than actual input size"):
            nn.Conv2d(1, 2, 3)(torch.ones(1, 1, *size))


def test_half_the_kernel_as_padding():
    """With padding=kernel_size // 2, odd and even kernels fit a map of one cell."""
    for k in range(1, 10):
        y = nn.Conv2d(1, 2, k, padding=k // 2)(torch.ones(1, 1, 1, 1))
        assert y.shape[2:] == ((1, 1) if k % 2 else (2, 2))


def test_padding_and_dilation(raises):
    """With dilation, padding=kernel_size // 2 can be too little; times the dilation, it fits."""
    with raises(RuntimeError, "Kernel size can't be greater than actual input size"):
        nn.Conv2d(1, 2, 3, padding=1, dilation=3)(torch.ones(1, 1, 2, 2))
    for k, d in (3, 2), (3, 3), (5, 4), (4, 3):
        nn.Conv2d(1, 2, k, padding=k // 2 * d, dilation=d)(torch.ones(1, 1, 1, 1))


def test_the_axes_are_in_another_order(raises):
    """Pooling takes channels in the last axis for a length and raises if there are few; permute mends it."""
    x = torch.ones(1, 16, 16, 3)  # (N, H, W, C)
    with raises(RuntimeError, "Given input size: (16x16x3). Calculated output size: (16x4x0)"):
        nn.MaxPool2d(4)(x)
    assert nn.MaxPool2d(4)(x.permute(0, 3, 1, 2)).shape == (1, 3, 4, 4)
    x = torch.ones(4, 10, 2)  # (N, L, C)
    with raises(RuntimeError, "max_pool1d() Invalid computed output size: 0"):
        nn.MaxPool1d(3)(x)
    assert nn.MaxPool1d(3)(x.transpose(1, 2)).shape == (4, 2, 3)
    with raises(RuntimeError, "Given input size: (10x1x2). Calculated output size: (10x1x0)"):
        nn.AvgPool1d(3)(x)
    assert nn.AvgPool1d(3)(x.transpose(1, 2)).shape == (4, 2, 3)
    x = torch.ones(4, 5, 1)  # 5 values of one channel, in the wrong order
    with raises(RuntimeError, "Calculated padded input size per channel: (1). Kernel size: (3)."):
        nn.Conv1d(5, 2, 3)(x)
    assert nn.Conv1d(1, 2, 3)(x.transpose(1, 2)).shape == (4, 2, 3)


def test_padding_around_a_single_cell():
    """On a 1 × 1 map with padding=1, a 3 × 3 kernel uses its center weight alone."""
    conv = nn.Conv2d(1, 1, 3, padding=1, bias=False)
    y = conv(torch.full((1, 1, 1, 1), 2.0))
    torch.testing.assert_close(y.view(()), 2 * conv.weight[0, 0, 1, 1])
    y.sum().backward()
    assert conv.weight.grad.flatten().tolist() == [0, 0, 0, 0, 2, 0, 0, 0, 0]


def test_the_default_mode_is_nearest():
    """F.interpolate copies the nearest pixel by default; bilinear mixes the neighbors."""
    x = torch.tensor([[[[0.0, 4.0]]]])
    assert F.interpolate(x, size=(1, 4)).flatten().tolist() == [0, 0, 4, 4]
    assert F.interpolate(x, size=(1, 4), mode="bilinear").flatten().tolist() == [0, 1, 3, 4]


def test_the_padding_of_a_transposed_convolution(raises):
    """The padding of a transposed convolution is cut off its output; too much of it raises, and less does not."""
    x = torch.ones(1, 1, 3, 3)
    with raises(RuntimeError, "Calculated output size per channel: (-3 x -3). Output size is too small"):
        nn.ConvTranspose2d(1, 1, 3, padding=4)(x)
    full, cut = (nn.ConvTranspose2d(1, 1, 3, padding=p) for p in (0, 1))
    cut.load_state_dict(full.state_dict())
    torch.testing.assert_close(cut(x), full(x)[..., 1:-1, 1:-1])
    assert nn.ConvTranspose2d(1, 1, 3, padding=4)(torch.ones(1, 1, 9, 9)).shape == (1, 1, 3, 3)
