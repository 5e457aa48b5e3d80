"""Proofs of depthwise-conv."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def given():
    torch.manual_seed(0)
    return {"nn": nn, "C": 4, "out": 6, "stride": 2}


def by_hand(block, x, stride):
    """Each channel with its own kernel, one after the other, and a weighted sum of channels at each pixel."""
    kernels, mix = block[0].weight, block[3].weight[:, :, 0, 0]
    maps = [
        F.conv2d(x[:, [c]], kernels[[c]], stride=stride, padding=1) / (1 + block[1].eps) ** 0.5
        for c in range(x.shape[1])
    ]
    maps = torch.cat(maps, dim=1).relu()
    return (torch.einsum("kc,nchw->nkhw", mix, maps) / (1 + block[4].eps) ** 0.5).relu()


def test_answer(answer):
    """The block convolves each channel with its own kernel and then mixes the channels at each pixel."""
    x = torch.randn(2, 4, 5, 7)
    y = answer.block.eval()(x)  # a fresh BatchNorm only divides by sqrt(1 + eps)
    assert y.shape == (2, 6, 3, 4)
    torch.testing.assert_close(y, by_hand(answer.block, x, 2))
    assert [name for name, _ in answer.block.named_parameters() if "bias" in name] == ["1.bias", "4.bias"]


def test_default(default):
    """The pair has C * k² + C * out weights, the full convolution C * out * k², and both halve the image."""
    assert default.pair == 64 * 9 + 64 * 128 and default.full.weight.numel() == 64 * 128 * 9
    assert abs(default.pair / default.full.weight.numel() - (1 / 128 + 1 / 9)) < 1e-9
    assert default.full(default.x).shape == default.block(default.x).shape == (2, 128, 8, 12)
    fresh = default.separable(64, 128, stride=2).eval()
    torch.testing.assert_close(fresh(default.x), by_hand(fresh, default.x, 2))
    assert default.separable(3, 5)(torch.randn(2, 3, 6, 7)).shape == (2, 5, 6, 7)
    assert [m.bias for m in default.block if isinstance(m, nn.Conv2d)] == [None, None]
    assert default.full.bias is None


def test_multiplier(multiplier):
    """With K kernels for each channel, the outputs c * K to c * K + K - 1 come from input channel c."""
    conv = multiplier.depthwise
    assert conv.weight.shape == (2 * 3, 1, 3, 3) and conv.bias is None
    torch.manual_seed(0)
    x = torch.randn(2, 3, 5, 7)
    y = conv(x)
    assert y.shape == (2, 6, 5, 7) and multiplier.x.shape == (1, 3, 5, 7)
    for c in range(3):
        own = slice(2 * c, 2 * c + 2)
        torch.testing.assert_close(y[:, own], F.conv2d(x[:, [c]], conv.weight[own], padding=1))


def test_the_depthwise_layer_mixes_nothing():
    """An output of the depthwise layer depends on one channel, an output of the pair on all of them."""
    torch.manual_seed(0)
    depthwise, pointwise = nn.Conv2d(4, 4, 3, groups=4), nn.Conv2d(4, 6, 1)
    x = torch.randn(1, 4, 5, 5, requires_grad=True)
    (grad,) = torch.autograd.grad(depthwise(x)[0, 2].sum(), x)
    assert (grad[0].abs().sum(dim=(1, 2)) > 0).tolist() == [False, False, True, False]
    (grad,) = torch.autograd.grad(pointwise(depthwise(x))[0, 2].sum(), x)
    assert (grad[0].abs().sum(dim=(1, 2)) > 0).all()


def test_fewer_multiplications_same_maps():
    """A depthwise layer needs 1/C of the multiplications of a full one, and its input and output are as large."""
    x, count = torch.randn(2, 8, 6, 7), {}
    for groups in 1, 8:
        conv = nn.Conv2d(8, 8, 3, padding=1, groups=groups, bias=False)
        with FlopCounterMode(display=False) as counter:
            y = conv(x)
        count[groups] = counter.get_total_flops()
        assert y.shape == x.shape
    assert count[1] == 2 * (8 * 8 * 9) * (2 * 6 * 7) and count[8] == count[1] / 8


def test_outputs_are_a_multiple(raises):
    """out_channels must be divisible by groups, and so must in_channels."""
    with raises(ValueError, "out_channels must be divisible by groups"):
        nn.Conv2d(3, 8, 3, groups=3)
    with raises(ValueError, "in_channels must be divisible by groups"):
        nn.Conv2d(4, 6, 3, groups=3)
    assert nn.Conv2d(3, 9, 3, groups=3).weight.shape == (9, 1, 3, 3)


def test_channels_last():
    """channels_last changes the strides of the input and the weight, and not the result."""
    torch.manual_seed(0)
    conv, x = nn.Conv2d(4, 4, 3, groups=4), torch.randn(2, 4, 5, 6)
    expected = conv(x)
    last = x.to(memory_format=torch.channels_last)
    assert last.stride() == (4 * 5 * 6, 1, 4 * 6, 4)
    torch.testing.assert_close(conv.to(memory_format=torch.channels_last)(last), expected)
