"""Proofs of conv-input-shape."""

import torch
from torch import nn


def given():
    names = {"image": (3, 5, 7), "images": (2, 5, 7, 3), "gray": (2, 1, 5, 7), "rgba": (2, 4, 5, 7)}
    return {name: torch.randn(shape) for name, shape in names.items()}


def test_answer(answer):
    """unsqueeze(0) adds the batch, permute moves the channels, expand repeats one, and a slice drops the fourth."""
    conv = nn.Conv2d(3, 4, 3)
    assert torch.equal(answer.single, torch.stack([answer.image]))
    assert torch.equal(answer.opaque, answer.rgba[:, [0, 1, 2]])
    assert torch.equal(answer.rgb, torch.cat([answer.gray] * 3, dim=1))
    assert torch.equal(answer.first, torch.stack([answer.images[..., c] for c in range(3)], dim=1))
    for batch in (answer.single, answer.first, answer.rgb, answer.opaque):
        assert conv(batch).shape == (len(batch), 4, 3, 5)


def test_default(default):
    """permute(2, 0, 1) brings pixel (h, w, c) to (c, h, w)."""
    for h, w, c in ((4, 6, 2), (1, 5, 0)):
        assert default.batch[0, c, h, w] == default.image[h, w, c]
    assert default.conv.weight.shape == (4, 3, 3, 3)


def test_gray_model(gray_model):
    """A first convolution with the weights summed over the channels gives on gray images what the old one gave on RGB."""
    model = gray_model.model
    assert model[0] is gray_model.conv and model[0].weight.shape == (8, 1, 5, 5) and model[0].weight.requires_grad
    torch.testing.assert_close(model(gray_model.gray), gray_model.before)
    assert gray_model.gray.shape == (2, 1, 9, 11)


def test_right(right):
    """After permute(0, 3, 1, 2) the convolution sees its 3 channels."""
    expected = right.conv(torch.stack([right.images[..., c] for c in range(3)], dim=1))
    torch.testing.assert_close(right.y, expected)


def test_right_dims(right_dims):
    """image[None, None] is a batch of one gray image."""
    conv = right_dims.conv
    expected = conv.weight.sum((1, 2, 3)) + conv.bias  # on an image of ones
    torch.testing.assert_close(right_dims.y, expected[None, :, None, None].expand(1, 4, 3, 5))


def test_one_image(raises):
    """Conv2d accepts one image (C, H, W); BatchNorm2d raises and takes it after unsqueeze(0)."""
    image = torch.randn(3, 5, 7)
    assert nn.Conv2d(3, 4, 3)(image).shape == (4, 3, 5)
    with raises(ValueError, "expected 4D input (got 3D input)"):
        nn.BatchNorm2d(3)(image)
    assert nn.BatchNorm2d(3)(image.unsqueeze(0)).shape == (1, 3, 5, 7)
    with raises(ValueError, "expected 4D input (got 2D input)"):
        nn.BatchNorm2d(3)(torch.ones(2, 3))
    assert nn.BatchNorm1d(3)(torch.ones(2, 3)).shape == (2, 3)


def test_channels(raises):
    """Channels last, gray, and RGBA inputs raise with the number of channels that was found."""
    conv = nn.Conv2d(3, 4, 3)
    for shape, found in (((1, 224, 224, 3), 224), ((2, 1, 5, 7), 1), ((2, 4, 5, 7), 4)):
        with raises(RuntimeError, f"to have 3 channels, but got {found} channels instead"):
            conv(torch.ones(shape))


def test_reshape_scrambles():
    """reshape from (H, W, C) to (C, H, W) puts the pixels elsewhere, and nothing raises."""
    image = torch.arange(5 * 7 * 3.0).view(5, 7, 3)
    right, wrong = image.permute(2, 0, 1), image.reshape(3, 5, 7)
    assert right.shape == wrong.shape and torch.equal(right[0], image[..., 0])
    assert wrong[0, 0].tolist() == [0, 1, 2, 3, 4, 5, 6]  # of all three channels
    assert not torch.equal(right, wrong)
    assert nn.Conv2d(3, 4, 3)(wrong).shape == (4, 3, 5)


def test_gray_batches_need_a_channel(raises):
    """(N, H, W) counts as one image with N channels; unsqueeze(1) makes it a gray batch."""
    gray, conv = torch.ones(2, 5, 7), nn.Conv2d(1, 4, 3)
    with raises(RuntimeError, "expected input[1, 2, 5, 7] to have 1 channels, but got 2 channels"):
        conv(gray)
    assert conv(gray.unsqueeze(1)).shape == (2, 4, 3, 5)


def test_a_kernel_of_two_numbers(raises):
    """nn.Conv1d with a kernel of two numbers raises when it is called, and with one number it does not."""
    x = torch.ones(2, 3, 9)
    with raises(RuntimeError, "Expected 4-dimensional input for 4-dimensional weight [4, 3, 3, 3]"):
        nn.Conv1d(3, 4, (3, 3))(x)
    assert nn.Conv1d(3, 4, 3)(x).shape == (2, 4, 7)


def test_flattened_images(raises):
    """Flattened images (N, H * W) raise in Conv2d and fit after view(-1, 1, H, W); flatten(1) fits images to BatchNorm1d."""
    x = torch.arange(2 * 35.0).view(2, 35)
    with raises(RuntimeError, "input to conv2d, but got input of size: [2, 35]"):
        nn.Conv2d(1, 4, 3)(x)
    assert nn.Conv2d(1, 4, 3)(x.view(-1, 1, 5, 7)).shape == (2, 4, 3, 5)
    with raises(ValueError, "expected 2D or 3D input (got 4D input)"):
        nn.BatchNorm1d(35)(x.view(-1, 1, 5, 7))
    assert nn.BatchNorm1d(35)(x.view(-1, 1, 5, 7).flatten(1)).shape == (2, 35)


def test_frames(raises):
    """Frames (N, T, C, H, W) raise in Conv2d, squeeze leaves T, and flatten(0, 1) makes a batch of N * T images."""
    conv, x = nn.Conv2d(3, 4, 3), torch.randn(2, 6, 3, 5, 7)
    for wrong in x, x.squeeze(1):
        with raises(RuntimeError, "input to conv2d, but got input of size: [2, 6, 3, 5, 7]"):
            conv(wrong)
    torch.testing.assert_close(conv(x.flatten(0, 1))[7], conv(x[1, 1]))
    assert conv(x.flatten(0, 1)).shape == (12, 4, 3, 5)
    assert conv(x[:, :1].squeeze(1)).shape == (2, 4, 3, 5)


def test_instance_norm_1d(raises):
    """InstanceNorm1d refuses a batch of images with the message of BatchNorm1d; InstanceNorm2d takes it."""
    x = torch.randn(2, 3, 5, 7)
    with raises(ValueError, "expected 2D or 3D input (got 4D input)"):
        nn.InstanceNorm1d(3)(x)
    assert nn.InstanceNorm2d(3)(x).shape == x.shape


def test_sequences(raises):
    """A sequence (N, L, C) raises in Conv1d about its channels, and fits after transpose(1, 2)."""
    conv, x = nn.Conv1d(5, 4, 3), torch.ones(2, 9, 5)
    with raises(RuntimeError, "expected input[2, 9, 5] to have 5 channels, but got 9 channels instead"):
        conv(x)
    assert conv(x.transpose(1, 2)).shape == (2, 4, 7)


def test_one_sample_for_batch_norm(raises):
    """BatchNorm1d takes one sample after unsqueeze(0) in eval() only; BatchNorm1d also takes (N, C, L)."""
    norm, x = nn.BatchNorm1d(3), torch.ones(3)
    with raises(ValueError, "expected 2D or 3D input (got 1D input)"):
        norm(x)
    with raises(ValueError, "Expected more than 1 value per channel when training"):
        norm(x.unsqueeze(0))
    assert norm.eval()(x.unsqueeze(0)).shape == (1, 3)
    with raises(ValueError, "expected 4D input (got 3D input)"):
        nn.BatchNorm2d(3)(torch.ones(2, 3, 7))
    assert nn.BatchNorm1d(3)(torch.ones(2, 3, 7)).shape == (2, 3, 7)


def test_batch_norm_by_dims(raises):
    """BatchNorm2d refuses (N, C), (N, C, L), and (N, C, D, H, W), which BatchNorm1d and BatchNorm3d take."""
    for layer, shape in (nn.BatchNorm1d(3), (2, 3)), (nn.BatchNorm1d(3), (2, 3, 4)), (nn.BatchNorm3d(3), (2, 3, 4, 5, 6)):
        with raises(ValueError, f"expected 4D input (got {len(shape)}D input)"):
            nn.BatchNorm2d(3)(torch.randn(shape))
        assert layer(torch.randn(shape)).shape == shape


def test_numbers_of_dims(raises):
    """Each convolution takes its spatial dims with channels, and a batch before them or not."""
    layers = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
    for n, cls in layers.items():
        conv = cls(3, 4, 2)
        assert conv(torch.ones(3, *[5] * n)).shape == (4, *[4] * n)
        assert conv(torch.ones(2, 3, *[5] * n)).shape == (2, 4, *[4] * n)
        with raises(RuntimeError, f"(batched) input to conv{n}d, but got input of size"):
            conv(torch.ones([5] * n))
