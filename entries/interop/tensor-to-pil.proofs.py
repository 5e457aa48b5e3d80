"""Proofs of tensor-to-pil."""

import numpy as np
import torch

X = torch.tensor([[0.0, 0.87, 1.0], [1.01, -0.01, 0.999]])  # (H, W)
LEVELS = [[0, 222, 255], [255, 0, 255]]  # X * 255, rounded, in 0..255


def given():
    from PIL import Image

    return {"torch": torch, "Image": Image, "x": torch.stack([X, X / 2, X / 4]).requires_grad_()}


def test_answer(answer):
    """The file holds the rounded levels in RGB; one channel gives a gray image."""
    array = np.array(answer.Image.open("out.png"))
    assert array.shape == (2, 3, 3) and array[..., 0].tolist() == LEVELS
    assert array[0, 1].tolist() == [222, 111, 55]
    assert answer.gray.mode == "L" and np.array(answer.gray).tolist() == LEVELS


def test_default(default):
    """A tensor (3, H, W) becomes RGB, (4, H, W) RGBA, and (1, H, W) gray; every level of 256 survives."""
    assert np.array(default.Image.open("red.png")).tolist() == [[[255, 51, 0]] * 5] * 2
    assert default.x[:, 1, 4].tolist() == torch.tensor([1.01, 0.2, -0.01]).tolist()  # two of them out of range
    levels = torch.arange(256).view(1, 4, 64)
    for channels, mode in (1, "L"), (3, "RGB"), (4, "RGBA"):
        image = default.to_pil(levels.expand(channels, 4, 64) / 255)
        assert (image.mode, image.size) == (mode, (64, 4))
        assert np.array(image).reshape(4, 64, -1)[..., -1].tolist() == levels[0].tolist()


def test_normalized(normalized):
    """x * std + mean undoes Normalize."""
    assert normalized.mean.flatten().tolist() == torch.tensor([0.485, 0.456, 0.406]).tolist()
    assert normalized.std.flatten().tolist() == torch.tensor([0.229, 0.224, 0.225]).tolist()
    for i in range(2):
        array = np.array(normalized.Image.open(f"{i}.png"))
        assert array.tolist() == [[(normalized.pixels[i] * 255).round().int().tolist()] * 6] * 4


def test_values_wrap_around(wrong):
    """On the CPU, 1.01 becomes 1 and -0.01 becomes 254 without clamp; the cast cuts decimals off."""
    assert wrong.pixels.tolist() == [0, int(0.87 * 255), 255, int(1.01 * 255) - 256]
    assert (torch.tensor([-0.01]) * 255).to(torch.uint8).item() == 254


def test_right(right):
    """round and clamp give the nearest level in 0..255."""
    assert right.x.tolist() == torch.tensor([0.0, 0.87, 1.0, 1.01]).tolist()
    assert right.pixels.tolist() == [min(255, round(v * 255)) for v in (0.0, 0.87, 1.0, 1.01)]


def test_right_float(right_float):
    """0.2 * 255 = 51."""
    assert right_float.array.shape == (2, 5, 3) and set(right_float.array.flatten().tolist()) == {51}


def test_rounding_after_normalize():
    """Without round, dozens of the 256 levels come out one too dark after a normalization is undone; with it none."""
    levels = torch.arange(256)
    for mean, std in (0.485, 0.229), (0.456, 0.224), (0.406, 0.225):
        x = ((levels / 255 - mean) / std) * std + mean
        cut = (x * 255).clamp(0, 255).to(torch.uint8).long() - levels
        assert set(cut.tolist()) == {-1, 0} and 24 < (cut == -1).sum() < 100
        assert torch.equal((x * 255).round().to(torch.uint8).long(), levels)


def test_torchvision():
    """to_pil_image neither rounds nor clamps; save_image does both."""
    from PIL import Image
    from torchvision.transforms.functional import to_pil_image
    from torchvision.utils import save_image

    x = X.expand(3, 2, 3).contiguous()
    assert np.array(to_pil_image(x))[..., 0].tolist() == [[0, 221, 255], [1, 254, 254]]
    assert np.array(to_pil_image(x.clamp(0, 1)))[..., 0].tolist() == [[0, 221, 255], [255, 0, 254]]
    save_image(x, "out.png")
    assert np.array(Image.open("out.png"))[..., 0].tolist() == LEVELS


def test_scaled_twice():
    """Float levels in 0..255 that are multiplied again become 255, except 0; uint8 levels v become 256 - v."""
    x = torch.tensor([0.0, 1.0, 99.0, 255.0])
    assert (x * 255).round().clamp(0, 255).to(torch.uint8).tolist() == [0, 255, 255, 255]
    whole = x.to(torch.uint8)
    assert (whole * 255).round().clamp(0, 255).to(torch.uint8).tolist() == [0, 255, 157, 1]


def test_arrays():
    """A float array becomes uint8 with round, clip, and astype."""
    a = np.array([[[0.0, 0.87, 1.01]]], np.float32)
    assert (a * 255).round().clip(0, 255).astype(np.uint8).tolist() == [[[0, 222, 255]]]


def test_jpeg_changes_pixels():
    """A PNG keeps every pixel, and a JPEG does not."""
    from PIL import Image

    array = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    for name, same in ("image.png", True), ("image.jpg", False):
        Image.fromarray(array).save(name)
        assert np.array_equal(np.array(Image.open(name)), array) == same
