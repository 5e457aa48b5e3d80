"""Proofs of ntuple."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.modules.utils import _pair, _single, _triple


def given():
    return {}


def test_answer(answer, raises):
    """A number is repeated n times, a sequence becomes a tuple, and another length raises."""
    to_tuple = answer.to_tuple
    assert (to_tuple(3), to_tuple(3, 1), to_tuple(2.5, 3)) == ((3, 3), (3,), (2.5, 2.5, 2.5))
    assert (to_tuple((3, 5)), to_tuple([1, 2]), to_tuple(range(3), n=3)) == ((3, 5), (1, 2), (0, 1, 2))
    for value in (3,), (1, 2, 3), "abc":
        with raises(ValueError, "expected 2 values, got"):
            to_tuple(value)


def test_a_string_is_iterable(answer):
    """A string of two letters becomes a tuple of two letters."""
    assert answer.to_tuple("ab") == _pair("ab") == ("a", "b")


def test_as_pytorch_does(answer):
    """Conv1d, Conv2d, and Conv3d turn an int or a list into a tuple, as _single, _pair, and _triple do."""
    for n, layer, helper in (1, nn.Conv1d, _single), (2, nn.Conv2d, _pair), (3, nn.Conv3d, _triple):
        for value in 3, list(range(1, n + 1)):
            assert layer(1, 1, value).kernel_size == helper(value) == answer.to_tuple(value, n)
    assert _pair((1, 2, 3)) == (1, 2, 3)  # the length is not checked


def test_default(default):
    """With patches of 4 × 6, an image of 8 × 12 has two rows of two patches; the third is the lower left."""
    torch.manual_seed(0)
    x = torch.rand(2, 3, 8, 12)
    patches = default.Patches(3, 8, (4, 6))
    weight, bias = patches.conv.weight, patches.conv.bias
    by_hand = (x[1, :, 4:8, 0:6] * weight).sum(dim=(1, 2, 3)) + bias
    torch.testing.assert_close(patches(x)[1, 2], by_hand)


def test_order(order):
    """padding=(1, 2) adds a row above and below, and two columns left and right."""
    x = torch.ones(1, 1, 3, 4)
    conv = nn.Conv2d(1, 1, 1, padding=(1, 2), bias=False)
    nn.init.ones_(conv.weight)
    rows = [[0] * 8] + [[0, 0, 1, 1, 1, 1, 0, 0]] * 3 + [[0] * 8]
    assert conv(x)[0, 0].tolist() == rows == F.pad(x, (2, 2, 1, 1))[0, 0].tolist()
    assert nn.MaxPool2d((1, 2))(x).shape == (1, 1, 3, 2)
    assert order.x.shape == (1, 1, 11, 20)


def test_length_is_checked_in_forward(raises):
    """A Conv2d whose kernel_size has one or three numbers is built, and raises about the stride when it is called."""
    for kernel_size in (3,), (3, 3, 3):
        conv = nn.Conv2d(1, 1, kernel_size)
        with raises(RuntimeError, "expected stride to be a single integer value or a list of"):
            conv(torch.rand(1, 1, 8, 8))


def test_a_weight_without_input_channels(raises):
    """F.conv2d with kernels (out, kH, kW) raises about the stride; weight[:, None] adds the input channel."""
    x, weight = torch.rand(1, 1, 8, 8), torch.rand(2, 3, 3)
    with raises(RuntimeError, "expected stride to be a single integer value or a list of 1 values"):
        F.conv2d(x, weight)
    assert F.conv2d(x, weight[:, None]).shape == (1, 2, 6, 6)


def test_pad_counts_from_the_last_dim():
    """F.pad(x, (1, 2)) adds one column at the left and two at the right."""
    x = torch.ones(1, 1, 2, 2)
    assert F.pad(x, (1, 2))[0, 0].tolist() == [[0, 1, 1, 0, 0]] * 2


def test_torch_six_is_gone(right, raises):
    """torch._six cannot be imported; collections.abc has Iterable and the other names of container_abcs."""
    with raises(ModuleNotFoundError, "No module named 'torch._six'"):
        __import__("torch._six")
    for name in "Iterable", "Mapping", "Sequence":
        assert hasattr(right.container_abcs, name)
    assert not isinstance(0, right.container_abcs.Iterable)
