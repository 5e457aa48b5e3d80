"""Proofs of layernorm-shape."""

import torch
from torch import nn


def given():
    torch.manual_seed(1)
    return {"nn": nn, "C": 16, "x": torch.randn(2, 16, 5)}


def over_channels(x):
    """What LayerNorm computes over dim 1."""
    mean = x.sum(dim=1, keepdim=True) / x.shape[1]
    variance = (x - mean).square().sum(dim=1, keepdim=True) / x.shape[1]
    return (x - mean) / (variance + 1e-5).sqrt()


def test_answer(answer):
    """LayerNorm between movedim(1, -1) and movedim(-1, 1) normalizes dim 1, for any number of dimensions after it."""
    torch.testing.assert_close(answer.y, over_channels(answer.x))
    x = torch.randn(3, 16, 4, 5)
    torch.testing.assert_close(answer.norm(x.movedim(1, -1)).movedim(-1, 1), over_channels(x))


def test_answer_groups(answer):
    """GroupNorm(8, C) normalizes each of 8 groups of neighboring channels, together with the pixels."""
    x = torch.randn(3, 16, 4, 5)
    groups = x.reshape(3, 8, -1)  # (N, groups, C/groups*H*W)
    groups = (groups - groups.mean(2, keepdim=True)) / (groups.var(2, correction=0, keepdim=True) + 1e-5).sqrt()
    torch.testing.assert_close(answer.group_norm(x), groups.reshape(x.shape))


def test_default(default):
    """The normalized channels of a pixel have mean 0 and standard deviation 1."""
    torch.testing.assert_close(default.y, over_channels(default.x))


def test_right(right):
    """LayerNorm(C) on (N, L, C) normalizes the channels of each position."""
    torch.testing.assert_close(right.y, over_channels(right.x))


def test_rms_norm_has_the_same_rule(raises):
    """RMSNorm(C) takes (N, L, C) and raises for (N, C, L)."""
    x = torch.randn(2, 8, 5)
    with raises(RuntimeError, "Given normalized_shape=[8]"):
        nn.RMSNorm(8)(x)
    rows = x.transpose(1, 2)
    size = rows.square().mean(dim=2, keepdim=True).sqrt()
    torch.testing.assert_close(nn.RMSNorm(8)(rows), rows / size)


def test_right_groups(right_groups):
    """Three groups of six channels are pairs of neighbors."""
    pair = right_groups.x[1, 2:4]  # the second group
    spread = (pair.var(correction=0) + 1e-5).sqrt()
    torch.testing.assert_close(right_groups.y[1, 2:4], (pair - pair.mean()) / spread)


def test_image_size(raises):
    """LayerNorm([C, H, W]) raises for images of another size; LayerNorm(C) on the channels takes both sizes."""
    with raises(RuntimeError, "Given normalized_shape=[3, 4, 5], expected input with shape [*, 3, 4, 5]"):
        nn.LayerNorm([3, 4, 5])(torch.ones(2, 3, 6, 7))
    norm = nn.LayerNorm(3)
    for h, w in (4, 5), (6, 7):
        assert norm(torch.ones(2, 3, h, w).movedim(1, -1)).shape == (2, h, w, 3)


def test_wrong_layout_without_an_error():
    """LayerNorm(8) on (N, 8, 8) normalizes the last dimension, whether it is the channels or the length."""
    torch.manual_seed(0)
    x = torch.randn(3, 8, 8)  # (N, C, L)
    y = nn.LayerNorm(8)(x)
    torch.testing.assert_close(y.transpose(1, 2), over_channels(x.transpose(1, 2)))
    assert y.mean(dim=1).abs().max() > 0.1  # over C


def test_changing_normalized_shape():
    """LayerNorm(L) accepts (N, C, L) and normalizes over the length."""
    torch.manual_seed(0)
    x = torch.randn(3, 8, 5)
    y = nn.LayerNorm(5)(x)
    torch.testing.assert_close(y.transpose(1, 2), over_channels(x.transpose(1, 2)))


def test_one_group_is_not_layer_norm():
    """GroupNorm(1, C) makes the mean of each sample zero, but not the mean of each pixel."""
    torch.manual_seed(0)
    x = torch.randn(2, 6, 3, 4) + torch.arange(4)
    y = nn.GroupNorm(1, 6)(x)
    torch.testing.assert_close(y.mean(dim=(1, 2, 3)), torch.zeros(2), atol=1e-6, rtol=0)
    assert y.mean(dim=1).abs().max() > 0.5


def test_convnext():
    """The LayerNorm2d of torchvision's ConvNeXt normalizes the channels of each pixel."""
    from torchvision.models.convnext import LayerNorm2d

    torch.manual_seed(0)
    x = torch.randn(2, 6, 3, 4)
    torch.testing.assert_close(LayerNorm2d(6, eps=1e-5)(x), over_channels(x))


def test_one_image_without_a_batch(raises):
    """GroupNorm takes the height of one image (C, H, W) for the channels; unsqueeze(0) makes it a batch."""
    norm = nn.GroupNorm(2, 4)
    for height, message in (5, "to be divisible by num_groups"), (6, "to be a vector of size equal to the number"):
        image = torch.ones(4, height, 7)
        with raises(RuntimeError, message):
            norm(image)
        assert norm(image.unsqueeze(0)).shape == (1, 4, height, 7)


def test_group_norm_takes_dim_1(raises):
    """GroupNorm(2, C) on (N, L, C) raises unless L equals C, and then it groups along L."""
    with raises(RuntimeError, "Expected weight to be a vector of size equal to the number of channels"):
        nn.GroupNorm(2, 4)(torch.ones(2, 6, 4))
    torch.manual_seed(0)
    x = torch.randn(2, 4, 4)
    first = nn.GroupNorm(2, 4)(x)[:, :2]
    torch.testing.assert_close(first.mean(dim=(1, 2)), torch.zeros(2), atol=1e-6, rtol=0)


def test_another_number_of_groups_does_not_help(raises):
    """nn.GroupNorm(3, 6) raises for 8 channels, and so does nn.GroupNorm(2, 6), although 2 divides 8; built for 8 it works."""
    x = torch.ones(2, 8, 5)
    with raises(RuntimeError, "to be divisible by num_groups"):
        nn.GroupNorm(3, 6)(x)
    with raises(RuntimeError, "Expected weight to be a vector of size equal to the number of channels"):
        nn.GroupNorm(2, 6)(x)
    assert nn.GroupNorm(2, 8)(x).shape == nn.functional.group_norm(x, 2).shape == (2, 8, 5)
    with raises(RuntimeError, "to be divisible by num_groups"):
        nn.functional.group_norm(x, 3)
