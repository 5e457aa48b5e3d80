"""Proofs of memory-format."""

import copy

import torch
import torch.nn.functional as F
from torch import nn

NHWC = torch.channels_last


def given():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 2))
    return {
        "torch": torch,
        "model": model,
        "plain": copy.deepcopy(model),
        "device": "cpu",
        "loader": [(torch.randn(4, 3, 7, 9), torch.zeros(4)), (torch.randn(2, 3, 7, 9), torch.zeros(2))],
    }


def nhwc_strides(n, c, h, w):
    """Strides of (N, C, H, W) whose values lie in the order N, H, W, C."""
    return (h * w * c, 1, w * c, c)


def test_answer(answer):
    """The converted model gives the results of the plain one, and its 4D weights are channels-last."""
    assert answer.x.stride() == nhwc_strides(2, 3, 7, 9)
    assert answer.model[0].weight.stride() == nhwc_strides(6, 3, 3, 3)
    torch.testing.assert_close(answer.out, answer.plain(answer.loader[-1][0]))


def test_default(default):
    """channels_last keeps the shape and the values; in memory they lie in the order N, H, W, C."""
    x, nhwc = default.x, default.nhwc
    assert nhwc.shape == (2, 3, 4, 5) and torch.equal(x, nhwc)
    assert nhwc.stride() == nhwc_strides(2, 3, 4, 5)
    memory = torch.tensor([], dtype=x.dtype).set_(nhwc.untyped_storage())
    by_hand = [x[n, c, h, w].item() for n in range(2) for h in range(4) for w in range(5) for c in range(3)]
    assert memory.tolist() == by_hand
    assert default.model[0].weight.stride() == nhwc_strides(8, 3, 3, 3)
    assert default.after.stride() == nhwc_strides(2, 8, 2, 3)
    torch.testing.assert_close(default.before, default.after)


def test_who_keeps_it(who_keeps_it):
    """Convolution and pooling keep the format, contiguous() loses it, and ReLU does not bring it back."""
    assert who_keeps_it.x.shape == (2, 8, 5, 4) and who_keeps_it.x.is_contiguous()
    half = nn.Sequential(*list(who_keeps_it.model)[:2])(torch.ones(2, 3, 12, 10).to(memory_format=NHWC))
    torch.testing.assert_close(who_keeps_it.x, half.relu() / 2 if (half > 0).all() else (half / 2).relu())


def test_from_numpy(from_numpy):
    """A NumPy batch (N, H, W, C) that is permuted to (N, C, H, W) is channels-last and shares its memory."""
    x = from_numpy.x
    assert x.is_contiguous(memory_format=NHWC) and x.data_ptr() == from_numpy.images.ctypes.data
    assert x[1, 2, 3, 4] == from_numpy.images[1, 3, 4, 2]


def test_right(right):
    """With a batch dimension, one image can be channels-last, and no value is lost."""
    assert right.x.stride() == nhwc_strides(1, 3, 4, 5)
    assert torch.equal(right.x, right.image)


def test_operations_hand_it_on():
    """Convolution, batch norm, pooling, activation, interpolation and addition hand channels_last on."""
    x = torch.randn(2, 3, 8, 6).to(memory_format=NHWC)
    layers = nn.Conv2d(3, 5, 3), nn.BatchNorm2d(3), nn.MaxPool2d(2), nn.AvgPool2d(2), nn.GELU(), nn.Upsample(scale_factor=2)
    for layer in layers:
        y = layer(x)
        assert y.is_contiguous(memory_format=NHWC) and not y.is_contiguous(), layer
    assert (x + 1).stride() == x.stride() == (x * x).stride()


def test_who_loses_it():
    """InstanceNorm2d and softmax(dim=1) return NCHW; in a sum of mixed formats, that of the first wins."""
    x = torch.randn(2, 3, 8, 6).to(memory_format=NHWC)
    for y in nn.InstanceNorm2d(3)(x), x.softmax(dim=1):
        assert y.is_contiguous() and not y.is_contiguous(memory_format=NHWC)
    plain = torch.randn(2, 3, 8, 6)
    assert (plain + x).is_contiguous() and (x + plain).is_contiguous(memory_format=NHWC)


def test_one_converted_weight():
    """On the CPU, a channels-last weight makes the output channels-last, though the input is not, in several dtypes."""
    for dtype in torch.float32, torch.float64, torch.bfloat16:
        for options in {}, {"groups": 3}, {"stride": 2}, {"bias": False}:
            x, conv = torch.randn(2, 6, 8, 7, dtype=dtype), nn.Conv2d(6, 12, 3, dtype=dtype, **options)
            assert conv(x).is_contiguous()
            conv.to(memory_format=NHWC)
            assert conv(x).is_contiguous(memory_format=NHWC) and not conv(x).is_contiguous()


def test_in_place_for_modules():
    """model.to(memory_format=…) changes the model itself; a tensor's to() returns another tensor."""
    model, x = nn.Conv2d(3, 5, 3), torch.randn(2, 3, 4, 5)
    assert model.to(memory_format=NHWC) is model and model.weight.stride() == nhwc_strides(5, 3, 3, 3)
    assert x.to(memory_format=NHWC) is not x and x.is_contiguous()
    again = x.to(memory_format=NHWC)
    assert again.to(memory_format=NHWC) is again


def test_only_4d(raises):
    """Parameters with 1 to 3 dims stay; a 3D or 5D tensor, and a model with Conv3d, raise; volumes take channels_last_3d."""
    with raises(RuntimeError, "required rank 4 tensor to use channels_last format"):
        nn.Conv3d(2, 3, 3).to(memory_format=NHWC)
    with raises(RuntimeError, "required rank 5 tensor to use channels_last_3d format"):
        nn.Conv2d(2, 3, 3).to(memory_format=torch.channels_last_3d)
    model = nn.Sequential(nn.Linear(3, 4), nn.Conv1d(2, 3, 5))
    strides = [p.stride() for p in model.parameters()]
    model.to(memory_format=NHWC)
    assert strides == [p.stride() for p in model.parameters()]
    for shape in (3, 4, 5), (2, 3, 4, 5, 6):
        with raises(RuntimeError, "required rank 4 tensor to use channels_last format"):
            torch.randn(shape).to(memory_format=NHWC)
    volume = torch.randn(2, 3, 4, 5, 6).to(memory_format=torch.channels_last_3d)
    assert volume.stride() == (4 * 5 * 6 * 3, 1, 5 * 6 * 3, 6 * 3, 3)


def test_contiguous_undoes_it():
    """contiguous() copies back to NCHW; with memory_format=torch.channels_last it returns the same tensor."""
    x = torch.randn(2, 3, 4, 5).to(memory_format=NHWC)
    assert x.contiguous().stride() == (60, 20, 5, 1) and x.contiguous().data_ptr() != x.data_ptr()
    assert x.contiguous(memory_format=NHWC) is x


def test_view_raises(raises):
    """view(B, -1) raises on a channels-last tensor, except with 1 x 1 or one channel; flatten(1) copies and keeps the order of the features."""
    x = torch.randn(2, 3, 4, 5)
    nhwc = x.to(memory_format=NHWC)
    with raises(RuntimeError, "view size is not compatible with input tensor's size and stride"):
        nhwc.view(2, -1)
    assert torch.equal(nhwc.flatten(1), x.view(2, -1))
    assert nhwc.flatten(1).data_ptr() != nhwc.data_ptr()
    for shape in (2, 3, 1, 1), (2, 1, 4, 5):
        small = torch.randn(shape)
        assert torch.equal(small.to(memory_format=NHWC).view(2, -1), small.view(2, -1))


def test_most_activations():
    """ReLU, GELU, SiLU, sigmoid, and PReLU hand the format on; LogSigmoid and RReLU in training mode do not."""
    x = torch.randn(2, 3, 4, 5).to(memory_format=NHWC)
    kept = (nn.ReLU(), True), (nn.GELU(), True), (nn.SiLU(), True), (nn.Sigmoid(), True), (nn.PReLU(3), True)
    for layer, keeps in (*kept, (nn.LogSigmoid(), False), (nn.RReLU(), False)):
        assert layer(x).is_contiguous(memory_format=NHWC) == keeps


def test_not_permute(raises):
    """permute(0, 2, 3, 1) changes the shape, so Conv2d takes the height for the channels."""
    x = torch.randn(2, 3, 8, 6).permute(0, 2, 3, 1)
    assert x.shape == (2, 8, 6, 3)
    with raises(RuntimeError, "expected input[2, 8, 6, 3] to have 3 channels, but got 8 channels instead"):
        nn.Conv2d(3, 5, 3)(x)


def test_ambiguous():
    """With one channel, or 1 x 1 images, a tensor is contiguous in both formats."""
    for shape in (4, 1, 5, 6), (4, 3, 1, 1):
        x = torch.randn(shape)
        for format in torch.contiguous_format, NHWC:
            assert x.is_contiguous() and x.is_contiguous(memory_format=format)
    assert not torch.randn(4, 2, 5, 6).is_contiguous(memory_format=NHWC)


def test_saved_and_loaded():
    """A checkpoint keeps the format of its tensors; load_state_dict copies the values into the model's own format."""
    model = nn.Conv2d(3, 5, 3).to(memory_format=NHWC)
    fresh = nn.Conv2d(3, 5, 3)
    fresh.load_state_dict(model.state_dict())
    assert fresh.weight.is_contiguous() and torch.equal(fresh.weight, model.weight)
    x = torch.randn(2, 3, 4, 5)
    torch.testing.assert_close(fresh(x), F.conv2d(x, model.weight, model.bias))


def test_only_the_2d_layers():
    """convert_conv2d_weight_memory_format converts the weights of Conv2d and leaves those of Conv3d."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv3d(3, 4, 3))
    nn.utils.convert_conv2d_weight_memory_format(model, NHWC)
    assert model[0].weight.is_contiguous(memory_format=NHWC) and not model[0].weight.is_contiguous()
    assert model[1].weight.is_contiguous()
