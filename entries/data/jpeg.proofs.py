"""Proofs of jpeg."""

import io

import numpy as np
import torch
from PIL import Image
from torch import nn


def given():
    torch.manual_seed(0)
    ramp = torch.linspace(0, 1, 40)
    x = torch.stack([ramp.expand(24, 40), ramp[:24, None].expand(24, 40), 1 - ramp.expand(24, 40)])
    return {"io": io, "np": np, "torch": torch, "Image": Image, "x": x, "before": x}


def compress(array, **options):
    """An array of uint8 after JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "JPEG", **options)
    return np.array(Image.open(buffer))


def test_answer(answer):
    """The result has the shape and range of the input and is near it, and the channels keep their places."""
    assert answer.x.shape == (3, 24, 40) and answer.x.dtype == torch.float32
    assert 0 < (answer.x - answer.before).abs().mean() < 0.05
    array = np.rint(answer.before.numpy() * 255).astype(np.uint8).transpose(1, 2, 0)
    expected = compress(array, quality=60).transpose(2, 0, 1) / np.float32(255)
    torch.testing.assert_close(answer.jpeg(answer.before, 60), torch.from_numpy(expected))
    out = answer.jpeg(torch.stack([torch.full((8, 8), v) for v in (-0.5, 0.5, 1.5)]), 95)
    assert out.min() >= 0 and out.max() <= 1 and out[2].mean() > 0.9


def test_default(default):
    """The lower the quality, the smaller the file and the larger the error."""
    array = np.rint(default.x.numpy() * 255).astype(np.uint8).transpose(1, 2, 0)
    assert array.shape == (64, 96, 3)
    errors, sizes = [], []
    for quality in (95, 30, 5):
        y, size = default.results[quality]
        torch.testing.assert_close(y.permute(1, 2, 0).numpy(), compress(array, quality=quality) / np.float32(255))
        errors.append((y - default.x).abs().mean())
        sizes.append(size)
    assert errors == sorted(errors) and sizes == sorted(sizes, reverse=True)
    wave = torch.tensor([abs(np.sin(9 * i / 95)) for i in range(96)], dtype=torch.float32)
    torch.testing.assert_close(default.x[2], wave.expand(64, 96), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(default.x[0, 5], torch.arange(96) / 95)
    torch.testing.assert_close(default.x[1, :, 7], torch.arange(64) / 95)


def test_right(right):
    """x + (f(x) - x).detach() has the value of f(x), up to rounding, and the gradient of x."""
    expected = torch.tensor([32.0, 224.0, 96.0]) / 255
    torch.testing.assert_close(right.y.detach(), expected)
    torch.testing.assert_close(right.x.grad, 2 * expected)


def test_layers_before_it_stand_still():
    """With .byte() between two layers, backward() raises nothing, and the first one has no gradient."""
    torch.manual_seed(0)
    first, last = nn.Linear(3, 4), nn.Linear(4, 1)
    coarse = (first(torch.rand(5, 3)).sigmoid() * 255).byte() / 255
    last(coarse).sum().backward()
    assert first.weight.grad is None and last.weight.grad is not None


def test_compress_before_normalization():
    """The scaled uint8 image of a normalized image has its values below 0 and above 1 cut off."""
    x = torch.tensor([0.1, 0.4, 0.6, 0.95])
    normalized = (x - 0.5) / 0.25
    stored = (normalized * 255).round().clamp(0, 255).byte() / 255
    assert stored[0] == stored[1] == 0 and stored[3] == 1
    torch.testing.assert_close((x * 255).round().clamp(0, 255).byte() / 255, x, atol=1 / 255, rtol=0)


def test_no_alpha(raises):
    """Saving RGBA as JPEG raises, and works after convert("RGB"), which shows the color of transparent pixels."""
    image = Image.new("RGBA", (8, 8), (10, 200, 30, 255))
    with raises(OSError, "cannot write mode RGBA as JPEG"):
        image.save(io.BytesIO(), "JPEG")
    image.convert("RGB").save(io.BytesIO(), "JPEG")
    assert Image.new("RGBA", (1, 1), (200, 10, 30, 0)).convert("RGB").getpixel((0, 0)) == (200, 10, 30)


def test_other_modes(raises):
    """LA, P, F, and I raise as well; convert("RGB") helps LA and P, and cuts off the values of F and I."""
    for mode in ("LA", "P", "F", "I"):
        with raises(OSError, f"cannot write mode {mode} as JPEG"):
            Image.new(mode, (8, 8)).save(io.BytesIO(), "JPEG")
        Image.new(mode, (8, 8)).convert("RGB").save(io.BytesIO(), "JPEG")
    assert Image.new("F", (1, 1), 0.7).convert("RGB").getpixel((0, 0)) == (0, 0, 0)
    assert Image.new("I", (1, 1), 3000).convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_color_is_stored_at_half_resolution():
    """Red and blue stripes of one pixel lose much less color with subsampling=0."""
    stripes = np.zeros((32, 32, 3), np.uint8)
    stripes[:, ::2, 0], stripes[:, 1::2, 2] = 255, 255
    error = [np.abs(compress(stripes, quality=90, **o).astype(int) - stripes).mean() for o in ({}, {"subsampling": 0})]
    assert error[0] > 4 * error[1]


def test_compressing_again_changes_little():
    """A second compression with the same quality changes little, unless a crop has shifted the blocks of 8 x 8 pixels."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    once = compress(image, quality=30)
    twice = compress(once, quality=30)
    first, second = np.abs(once.astype(int) - image).mean(), np.abs(twice.astype(int) - once).mean()
    assert second < 0.3 * first
    for top, left, much in ((16, 16, False), (3, 2, True)):
        crop = once[top:, left:].copy()
        third = np.abs(compress(crop, quality=30).astype(int) - crop).mean()
        assert (third > 0.3 * first) == much
