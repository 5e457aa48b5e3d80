"""Proofs of png-channels."""

import numpy as np
import torch
from PIL import Image
from torch import nn

MODES = {"1": 1, "L": 1, "LA": 2, "P": 1, "RGB": 3, "RGBA": 4}
PALETTE = [0, 0, 0, 255, 0, 0, 0, 255, 0]  # black, red, green


def palette_mask(name):
    mask = Image.fromarray(np.array([[0, 2, 1], [1, 2, 0]], np.uint8))
    mask.putpalette(PALETTE)
    mask.save(name)


def given():
    Image.new("RGBA", (5, 3), (200, 100, 0, 255)).save("image.png")
    palette_mask("mask.png")
    shown = []
    return {"Image": Image, "np": np, "path": "image.png", "mask_path": "mask.png", "print": shown.append, "shown": shown}


def test_answer(answer):
    """convert("RGB") makes an RGBA file (H, W, 3) in uint8, and the mask keeps its class ids."""
    assert answer.shown == ["RGBA"]
    assert answer.x.shape == (3, 5, 3) and answer.x.dtype == np.uint8 and answer.x[0, 0].tolist() == [200, 100, 0]
    assert answer.mask.tolist() == [[0, 2, 1], [1, 2, 0]]


def test_modes():
    """A PNG can hold six modes with 1 to 4 channels, and convert("RGB") makes them all (H, W, 3)."""
    picture = Image.new("RGB", (5, 3), (200, 100, 0))
    for mode, channels in MODES.items():
        picture.convert(mode).save("picture.png")
        image = Image.open("picture.png")
        assert image.mode == mode and len(image.getbands()) == channels
        assert np.array(image).shape == ((3, 5) if channels == 1 else (3, 5, channels))
        assert np.array(image.convert("RGB")).shape == (3, 5, 3)


def test_default(default):
    """RGB and RGBA keep their colors when they are converted."""
    assert default.rgb[0, 0].tolist() == [200, 100, 0] and default.image.size == (5, 3)


def test_opencv(opencv):
    """OpenCV's color comes in the order blue, green, red, and IMREAD_UNCHANGED keeps transparency and gray."""
    import cv2

    assert opencv.color[0, 0].tolist() == [0, 100, 200] and opencv.own[0, 0].tolist() == [0, 100, 200, 255]
    Image.fromarray(np.array([[3, 200, 4]], np.uint8)).save("gray.png")
    assert cv2.imread("gray.png", cv2.IMREAD_UNCHANGED).tolist() == [[3, 200, 4]]


def test_conv2d(raises):
    """A Conv2d with 3 input channels raises for 1 and for 4, and images with 3 and 4 channels cannot be stacked."""
    conv = nn.Conv2d(3, 8, 3)
    for channels in (1, 2, 4):
        with raises(RuntimeError, f"to have 3 channels, but got {channels} channels instead"):
            conv(torch.zeros(1, channels, 9, 9))
    with raises(RuntimeError, "stack expects each tensor to be equal size"):
        torch.stack([torch.zeros(3, 2, 2), torch.zeros(4, 2, 2)])


def test_hidden_color(transparent):
    """convert("RGB") shows the hidden color of transparent pixels; pasted onto white, they are white."""
    row = range(4)
    assert [transparent.dropped.getpixel((x, 0)) for x in row] == [(0, 0, 0), (255, 0, 0), (0, 0, 0), (0, 0, 0)]
    assert [transparent.white.getpixel((x, 1)) for x in row] == [(255, 255, 255)] * 4
    assert transparent.white.getpixel((1, 0)) == (255, 0, 0) and transparent.white.size == (4, 2)
    assert transparent.image.getpixel((0, 0)) == (0, 0, 0, 0) and transparent.image.getpixel((1, 0))[3] == 255


def test_any_mode_to_rgba():
    """convert("RGBA") works for every mode, and keeps the transparency of LA and of a palette."""
    for mode in MODES:
        assert Image.new(mode, (2, 1)).convert("RGBA").mode == "RGBA"
    assert Image.new("LA", (1, 1), (7, 40)).convert("RGBA").getpixel((0, 0)) == (7, 7, 7, 40)
    mask = Image.new("P", (1, 1))
    mask.putpalette([10, 20, 30])
    mask.save("see-through.png", transparency=0)
    assert Image.open("see-through.png").convert("RGBA").getpixel((0, 0)) == (10, 20, 30, 0)


def test_right(right):
    """A mask with a palette opens in mode P, and its numbers are the class ids."""
    assert right.mask.mode == "P" and right.mask.getpalette()[:9] == PALETTE and np.array(right.mask).tolist() == right.ids.tolist()


def test_wrong(wrong):
    """Converted to L, a mask with a palette holds the brightness of its colors."""
    assert Image.open("mask.png").getpalette()[:9] == PALETTE and wrong.ids.tolist() == [[0, 2, 1], [1, 2, 0]]
    red, green = round(0.299 * 255), round(0.587 * 255)
    assert np.array(wrong.mask).tolist() == [[0, green, red], [red, green, 0]]


def test_opencv_reads_colors():
    """OpenCV reads a mask with a palette as colors or as shades of gray, with every flag."""
    import cv2

    palette_mask("voc.png")
    red, green = [0, 0, 255], [0, 255, 0]
    for flag in (cv2.IMREAD_COLOR, cv2.IMREAD_UNCHANGED):
        assert cv2.imread("voc.png", flag).tolist() == [[[0, 0, 0], green, red], [red, green, [0, 0, 0]]]
    assert cv2.imread("voc.png", cv2.IMREAD_GRAYSCALE).max() > 70


def test_sixteen_bits():
    """A gray 16-bit PNG opens as I;16, and convert("RGB") makes all above 255 white; PIL reads a color one as 8 bits."""
    import cv2

    Image.fromarray(np.array([[0, 200, 1000, 65535]], np.uint16)).save("deep.png")
    image = Image.open("deep.png")
    assert image.mode == "I;16" and np.array(image).tolist() == [[0, 200, 1000, 65535]]
    assert np.array(image.convert("RGB"))[0, 2:].tolist() == [[255] * 3] * 2
    scaled = torch.from_numpy(np.array(image).astype(np.float32) / 65535)
    assert scaled.max() == 1 and abs(scaled[0, 2] - 1000 / 65535) < 1e-7
    assert cv2.imread("deep.png", cv2.IMREAD_UNCHANGED).tolist() == [[0, 200, 1000, 65535]]
    cv2.imwrite("color.png", np.full((2, 3, 3), 1000, np.uint16))
    color = Image.open("color.png")
    assert color.mode == "RGB" and np.array(color).dtype == np.uint8 and (np.array(color) == 1000 // 256).all()
    assert (cv2.imread("color.png", cv2.IMREAD_UNCHANGED) == 1000).all()


def test_bits():
    """Mode 1 gives an array of bool, and after convert("L") it holds 0 and 255."""
    image = Image.fromarray(np.array([[0, 255, 255]], np.uint8)).convert("1")
    assert np.array(image).dtype == bool and np.array(image).tolist() == [[False, True, True]]
    assert np.array(image.convert("L")).tolist() == [[0, 255, 255]]
