"""Proofs of conversions."""

import numpy as np
import torch
from PIL import Image


def pixels():
    """RGB, (H, W, C): all values differ."""
    return (np.arange(4 * 5 * 3, dtype=np.uint8) * 4).reshape(4, 5, 3)


def given():
    rgb = pixels()
    return {"np": np, "torch": torch, "Image": Image, "image": Image.fromarray(rgb), "bgr": rgb[..., ::-1].copy()}


def test_answer(answer):
    """From PIL or OpenCV to a tensor in 0..1 and back, each pixel keeps its place, channel, and value."""
    rgb = pixels()
    assert answer.x.shape == (3, 4, 5) and answer.x.dtype == torch.float32
    for c, h, w in (0, 0, 0), (2, 3, 1), (1, 2, 4):
        assert answer.x[c, h, w].item() == torch.tensor(rgb[h, w, c] / 255, dtype=torch.float32).item()
    assert answer.rgb.dtype == np.uint8
    np.testing.assert_array_equal(answer.rgb, rgb)
    np.testing.assert_array_equal(np.asarray(answer.image), rgb)
    np.testing.assert_array_equal(answer.bgr, rgb[:, :, [2, 1, 0]])
    assert answer.bgr.flags["C_CONTIGUOUS"]


def test_beyond_the_range():
    """Rounding and clamping make each float a valid uint8, also values beyond 0..1."""
    x = torch.tensor([-0.1, 0.4999, 0.5, 1.2])
    back = (x * 255).round().clamp(0, 255).byte()
    assert back.tolist() == [0, 127, 128, 255]


def test_default(default):
    """PIL's size is (W, H), an array is (H, W, C), and a tensor (C, H, W)."""
    assert default.image.size == (5, 4) and default.rgb.shape == (4, 5, 3) and default.x.shape == (3, 4, 5)
    assert default.x.count_nonzero().item() == 2
    back = (default.x * 255).round().byte().permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(back, np.asarray(default.image))


def test_wrong(wrong):
    """reshape scatters the red line over the other channels."""
    assert wrong.chw.flatten().tolist() == wrong.image.flatten().tolist()
    assert [int(channel.sum()) for channel in wrong.chw] == [0, 2, 2]


def test_right(right):
    """permute keeps each pixel in its place."""
    for h in range(2):
        for w in range(4):
            assert torch.equal(right.chw[:, h, w], right.image[h, w])


def test_from_numpy_shares_memory():
    """torch.from_numpy and .numpy() share memory with the array."""
    array = pixels()
    x = torch.from_numpy(array)
    x[0, 0, 0] = 77
    assert array[0, 0, 0] == 77
    x.numpy()[1, 1, 1] = 78
    assert x[1, 1, 1] == 78


def test_divided_twice():
    """Divided by 255 twice, white is 0.004."""
    assert round((torch.tensor(255, dtype=torch.uint8) / 255 / 255).item(), 3) == 0.004


def test_cast_without_scaling():
    """A float in 0..1 that is cast to uint8 becomes 0, or 1 at most."""
    assert torch.linspace(0, 1, 11).to(torch.uint8).tolist() == [0] * 10 + [1]
    assert np.linspace(0, 1, 11).astype(np.uint8).tolist() == [0] * 10 + [1]


def test_negative_steps(raises):
    """torch.from_numpy raises for an array with a negative step and takes its copy."""
    flipped = pixels()[..., ::-1]
    with raises(ValueError, "negative"):
        torch.from_numpy(flipped)
    assert torch.from_numpy(flipped.copy())[0, 0].tolist() == [8, 4, 0]


def test_modes_of_pil():
    """convert("RGB") makes three channels of gray, of gray with alpha, and of RGB with alpha."""
    for mode, channels in ("L", None), ("LA", 2), ("RGBA", 4):
        image = Image.new(mode, (5, 4))
        assert np.array(image).shape == ((4, 5, channels) if channels else (4, 5))
        assert np.array(image.convert("RGB")).shape == (4, 5, 3)


def test_opencv():
    """OpenCV reads an image as (H, W, C) in BGR and uint8."""
    import cv2

    Image.fromarray(pixels()).save("a.png")
    bgr = cv2.imread("a.png")
    assert bgr.dtype == np.uint8
    np.testing.assert_array_equal(bgr, pixels()[..., ::-1])


def test_clamp_hides_a_normalization():
    """A normalized image that is converted as it is loses what lies beyond 0..1; x * std + mean brings it back."""
    rgb = torch.from_numpy(pixels())
    x = (rgb / 255 - 0.45) / 0.225
    wrong = (x * 255).round().clamp(0, 255).byte()
    assert (wrong[rgb < 0.44 * 255] == 0).all() and (wrong[rgb > 0.68 * 255] == 255).all()
    assert torch.equal(((x * 0.225 + 0.45) * 255).round().clamp(0, 255).byte(), rgb)
