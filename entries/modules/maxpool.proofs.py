"""Proofs of maxpool."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    return {"nn": nn, "x": torch.randn(2, 3, 5, 8)}


def by_hand(x, kernel, stride, padding=0, dilation=1, ceil_mode=False):
    """Max pooling of (N, C, L) with plain Python."""
    length = x.shape[2]
    steps = (length + 2 * padding - dilation * (kernel - 1) - 1) / stride
    size = (math.ceil(steps) if ceil_mode else math.floor(steps)) + 1
    if ceil_mode and (size - 1) * stride >= length + padding:  # it would start in the padding behind the end
        size -= 1
    windows = [[i * stride - padding + k * dilation for k in range(kernel)] for i in range(size)]
    return torch.stack([x[:, :, [p for p in w if 0 <= p < length]].amax(dim=2) for w in windows], dim=2)


def by_hand_2d(x, kernel, stride, padding=0, ceil_mode=False):
    rows = by_hand(x.transpose(2, 3).flatten(1, 2), kernel, stride, padding, 1, ceil_mode)
    rows = rows.unflatten(1, (x.shape[1], x.shape[3])).transpose(2, 3)
    return by_hand(rows.flatten(1, 2), kernel, stride, padding, 1, ceil_mode).unflatten(1, rows.shape[1:3])


def test_answer(answer):
    """MaxPool2d(2) halves H and W rounded down; with ceil_mode, or as in ResNet, 5 becomes 3."""
    x = answer.x
    torch.testing.assert_close(answer.y, by_hand_2d(x, 2, 2))
    assert answer.y.shape == (2, 3, 5 // 2, 8 // 2)
    torch.testing.assert_close(answer.ceil(x), by_hand_2d(x, 2, 2, ceil_mode=True))
    torch.testing.assert_close(answer.stem(x), by_hand_2d(x, 3, 2, 1))
    assert answer.ceil(x).shape[2] == answer.stem(x).shape[2] == 3


def test_default(default):
    """With ceil_mode the last row and column have windows of their own, and cells outside count as minus infinity."""
    torch.testing.assert_close(nn.MaxPool2d(2)(default.x), by_hand_2d(default.x, 2, 2))
    torch.testing.assert_close(nn.MaxPool2d(2, ceil_mode=True)(default.x), by_hand_2d(default.x, 2, 2, ceil_mode=True))
    padded = nn.MaxPool2d(3, stride=1, padding=1)(default.x)
    torch.testing.assert_close(padded, by_hand_2d(default.x, 3, 1, 1))
    assert padded.max() == -1


def test_sizes(sizes):
    """The output size follows the formula, with floor or ceil, without windows that start behind the end."""
    assert sizes.pool(sizes.x).shape == (1, 1, 9, 6)
    torch.manual_seed(0)
    for length in (5, 6, 9, 12):
        x = torch.randn(1, 2, length)
        for kernel, stride, dilation in ((1, 3, 1), (2, 2, 1), (3, 2, 1), (3, 1, 2), (4, 5, 1), (3, 3, 1)):
            for padding in range(kernel // 2 + 1):
                for ceil_mode in (False, True):
                    pool = nn.MaxPool1d(kernel, stride, padding, dilation, ceil_mode=ceil_mode)
                    torch.testing.assert_close(pool(x), by_hand(x, kernel, stride, padding, dilation, ceil_mode))


def test_unpool(unpool):
    """MaxUnpool2d writes the maxima to their positions, and 0 elsewhere."""
    assert unpool.pooled.flatten().tolist() == [9] and unpool.where.flatten().tolist() == [1]
    assert unpool.back.tolist() == [[[[0, 9, 0], [0, 0, 0]]]] and unpool.x.shape == (1, 1, 2, 3)


def test_stride_is_the_kernel_size():
    """stride defaults to kernel_size in the module and in the function; there are no parameters."""
    x = torch.randn(2, 3, 9, 7)
    for k in (2, 3):
        expected = nn.MaxPool2d(k, stride=k)(x)
        assert torch.equal(nn.MaxPool2d(k)(x), expected) and torch.equal(F.max_pool2d(x, k), expected)
    assert list(nn.MaxPool2d(2).parameters()) == []


def test_right(right):
    """interpolate with the size of the skip connection fits it."""
    assert right.up.shape == right.skip.shape == (1, 3, 9, 8) and right.down.shape == (1, 3, 4, 4)


def test_odd_sizes_lose_a_row():
    """The last row of an odd size does not change the result."""
    x = torch.zeros(1, 1, 5, 4)
    other = x.clone()
    other[:, :, -1] = 7
    assert torch.equal(F.max_pool2d(x, 2), F.max_pool2d(other, 2))
    assert not torch.equal(F.max_pool2d(x, 2, ceil_mode=True), F.max_pool2d(other, 2, ceil_mode=True))


def test_ceil_mode_changes_later_sizes():
    """Three pools with and without ceil_mode end in different sizes."""
    x = torch.ones(1, 1, 75, 75)  # as in SSD300
    y, z = x, x
    for _ in range(3):
        y, z = F.max_pool2d(y, 2), F.max_pool2d(z, 2, ceil_mode=True)
    assert (y.shape[2], z.shape[2]) == (9, 10)


def test_padding_is_limited(raises):
    """padding above half of the kernel raises; F.pad with -inf is the same for a maximum, with 0 for an average."""
    x = torch.randn(1, 2, 8, 8)
    with raises(RuntimeError, "pad should be at most half of effective kernel size"):
        nn.MaxPool2d(2, padding=2)(x)
    with raises(RuntimeError, "pad should be smaller than or equal to half of kernel size"):
        nn.MaxPool2d(3, dilation=3, padding=3)(x)
    padded = F.pad(x, (1, 1, 1, 1), value=-torch.inf)
    assert torch.equal(nn.MaxPool2d(3, padding=1)(x), nn.MaxPool2d(3)(padded))
    with raises(RuntimeError, "pad should be at most half of effective kernel size"):
        nn.AvgPool2d(2, padding=2)(x)
    torch.testing.assert_close(nn.AvgPool2d(3, padding=1)(x), nn.AvgPool2d(3)(F.pad(x, (1, 1, 1, 1), value=0)))
    assert nn.AvgPool2d(3)(padded)[0, 0, 0, 0] == -torch.inf


def test_unpooling_odd_sizes(raises):
    """Without output_size, MaxUnpool2d raises after an odd W or puts values into wrong cells; after an odd H, the last row
    is missing."""
    pool, unpool = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)
    x = torch.arange(25.0).view(1, 1, 5, 5)
    with raises(RuntimeError, "Found an invalid max index: 18 (output volumes are of size 4x4"):
        unpool(*pool(x))
    back = unpool(*pool(x), output_size=x.shape)
    assert back.shape == x.shape and all(v in (0, i) for i, v in enumerate(back.flatten().tolist()))
    x = torch.tensor([[0.0, 0.0, 0.0], [5.0, 0.0, 0.0]]).view(1, 1, 2, 3)
    assert unpool(*pool(x)).tolist() == [[[[0, 0], [0, 5]]]]
    x = torch.arange(20.0).view(1, 1, 5, 4)  # only H is odd: the last row is lost, and the rest is right
    back = unpool(*pool(x))
    assert back.shape == (1, 1, 4, 4) and torch.equal(back, unpool(*pool(x), output_size=x.shape)[:, :, :4])


def test_channels_are_pooled_alone(raises):
    """Each channel is pooled by itself; (C, H, W) is one image, and (H, W) raises."""
    x = torch.randn(3, 8, 6)
    for c in range(3):
        assert torch.equal(nn.MaxPool2d(2)(x)[c], nn.MaxPool2d(2)(x[c][None])[0])
    with raises(RuntimeError, "non-empty 3D or 4D (batch mode) tensor expected for input"):
        nn.MaxPool2d(2)(x[0])


def test_flattened_features_must_not_be_pooled(raises):
    """MaxPool2d raises for flattened features (N, F); with x[None] it pools over pairs of samples."""
    x = torch.arange(24.0).view(4, 6)  # (N, F)
    with raises(RuntimeError, "non-empty 3D or 4D (batch mode) tensor expected for input"):
        nn.MaxPool2d(2)(x)
    assert nn.MaxPool2d(2)(x[None]).shape == (1, 2, 3)  # two rows are left of four samples
