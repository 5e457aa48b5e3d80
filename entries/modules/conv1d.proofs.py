"""Proofs of conv1d."""

import itertools

import torch
import torch.nn.functional as F
from torch import nn


def slide(x, weight, bias, stride, padding):
    """A convolution over any number of dimensions, window by window."""
    dims = weight.ndim - 2
    pads = [p for size in reversed(padding) for p in (size, size)]
    x = F.pad(x, pads)
    kernel = weight.shape[2:]
    starts = [range(0, n - k + 1, s) for n, k, s in zip(x.shape[2:], kernel, stride, strict=True)]
    out = torch.empty(len(x), len(weight), *map(len, starts))
    for place in itertools.product(*(range(len(s)) for s in starts)):
        window = x[(slice(None), slice(None), *(slice(s[i], s[i] + k) for s, i, k in zip(starts, place, kernel, strict=True)))]
        out[(slice(None), slice(None), *place)] = window.flatten(1) @ weight.flatten(1).T + bias
    assert dims == len(place)
    return out


def given():
    torch.manual_seed(0)
    return {
        "nn": nn, "C_in": 2, "C_out": 3, "x": torch.randn(4, 2, 7), "tokens": torch.randn(4, 7, 2),
        "video": torch.randn(2, 2, 4, 5, 6),
    }  # fmt: skip


def test_answer(answer):
    """Conv3d slides along depth, height, and width over all channels, and this padding keeps the sizes."""
    expected = slide(answer.video, answer.conv.weight, answer.conv.bias, (1, 1, 1), (1, 2, 2))
    torch.testing.assert_close(answer.y, expected, rtol=1e-4, atol=1e-5)
    assert answer.y.shape == (2, 3, 4, 5, 6) and answer.conv.weight.shape == (3, 2, 3, 5, 5)


def test_conv1d():
    """Conv1d slides along L over all channels; kernel_size=3 with padding=1 keeps L."""
    torch.manual_seed(0)
    conv, x = nn.Conv1d(2, 3, kernel_size=3, padding=1), torch.randn(4, 2, 7)
    torch.testing.assert_close(conv(x), slide(x, conv.weight, conv.bias, (1,), (1,)), rtol=1e-4, atol=1e-5)
    assert conv(x).shape == (4, 3, 7) and conv.weight.shape == (3, 2, 3)


def test_default(default):
    """Embeddings are transposed to (N, E, L), and the maximum over L gives a vector per sequence."""
    x = default.embed(default.ids).transpose(1, 2)
    expected = slide(x, default.conv.weight, default.conv.bias, (1,), (2,)).clamp(min=0)
    torch.testing.assert_close(default.x, expected.max(dim=2).values, rtol=1e-4, atol=1e-5)
    assert default.conv(x).shape == (4, 32, 20)


def test_by_hand(by_hand):
    """The kernel is not flipped: its first weight meets the first step of the window."""
    out = F.conv1d(by_hand.x, by_hand.weight)
    assert out.tolist() == [[[1 + 20 + 300 + 5, 2 + 30 + 400 + 0]]]


def test_causal(causal):
    """With dilation * (K - 1) zeros on the left, the length stays, and a change affects no earlier step."""
    torch.manual_seed(0)
    conv, x = causal.CausalConv1d(2, 3, 3, dilation=2), torch.randn(1, 2, 8)
    for t in range(8):
        changed = x.clone()
        changed[:, :, t] += 1
        differs = (conv(x) != conv(changed)).any(dim=1)[0].nonzero().flatten().tolist()
        assert differs == [s for s in (t, t + 2, t + 4) if s < 8]
    assert conv(x).shape == (1, 3, 8) and causal.CausalConv1d(2, 3, 3).left == 2


def test_volume(volume):
    """A video (N, T, C, H, W) is transposed to (N, C, T, H, W); stride (1, 2, 2) halves height and width."""
    torch.manual_seed(0)
    x = torch.randn(1, 3, 3, 6, 8)
    expected = slide(x, volume.conv.weight, volume.conv.bias, (1, 2, 2), (1, 2, 2))
    torch.testing.assert_close(volume.conv(x), expected, rtol=1e-4, atol=1e-5)
    assert volume.conv(volume.x).shape == (2, 8, 10, 8, 12)


def test_right(right):
    """transpose(1, 2) brings the features of (N, L, E) to the place of the channels."""
    assert right.conv(right.x.transpose(1, 2)).shape == (4, 32, 20)


def test_equal_sizes_hide_the_mistake():
    """If L equals C_in, (N, L, E) passes without an error and gives other numbers."""
    torch.manual_seed(0)
    conv, x = nn.Conv1d(6, 6, 3, padding=1), torch.randn(2, 6, 6)
    assert not torch.allclose(conv(x), conv(x.transpose(1, 2)).transpose(1, 2), atol=1e-2)


def test_view_is_not_a_transposition():
    """view keeps the order in memory, so it puts features of one step into several."""
    x = torch.arange(6).reshape(1, 3, 2)
    assert x.view(1, 2, 3).tolist() != x.transpose(1, 2).tolist() == [[[0, 2, 4], [1, 3, 5]]]


def test_two_dimensions_mean_unbatched():
    """Conv1d reads a 2D input as (C, L) without a batch."""
    conv = nn.Conv1d(5, 3, 3, padding=1)
    assert conv(torch.zeros(5, 9)).shape == (3, 9)
    assert nn.Conv1d(1, 3, 3, padding=1)(torch.zeros(5, 9).unsqueeze(1)).shape == (5, 3, 9)


def test_both_sides_then_cut():
    """Padding K - 1 on both sides and cutting K - 1 steps at the end is the same as left padding alone."""
    torch.manual_seed(0)
    x, weight = torch.randn(1, 2, 8), torch.randn(3, 2, 4)
    left = F.conv1d(F.pad(x, (3, 0)), weight)
    both = F.conv1d(x, weight, padding=3)
    assert both.shape == (1, 3, 11)
    torch.testing.assert_close(both[:, :, :-3], left)


def test_length():
    """The output length is (L + 2 padding - dilation (K - 1) - 1) // stride + 1; "same" and dilation (K // 2) keep L for odd K."""
    for L, K, s, p, d in itertools.product((9, 10), (2, 3, 5), (1, 2, 3), (0, 1, 2), (1, 2)):
        out = nn.Conv1d(1, 1, K, stride=s, padding=p, dilation=d)(torch.zeros(1, 1, L))
        assert out.shape[-1] == (L + 2 * p - d * (K - 1) - 1) // s + 1
    for K in (3, 5, 7):
        assert nn.Conv1d(1, 1, K, padding="same")(torch.zeros(1, 1, 9)).shape[-1] == 9
        for d in (1, 2, 3):
            conv = nn.Conv1d(1, 1, K, padding=d * (K // 2), dilation=d)
            assert conv(torch.zeros(1, 1, 9)).shape[-1] == 9
