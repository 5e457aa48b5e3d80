"""Proofs of numpy-pil."""

import warnings

import numpy as np
import torch

RGB = np.random.default_rng(0).integers(0, 256, (5, 6, 3), dtype=np.uint8)  # (H, W, C)


def given():
    from PIL import Image

    return {"np": np, "Image": Image, "image": Image.fromarray(RGB), "x": RGB / 200}  # up to 1.275


def test_answer(answer):
    """np.array and Image.fromarray keep every pixel; floats are scaled, rounded, and clipped to 0..255."""
    assert np.array_equal(answer.array, RGB) and answer.array.flags.writeable
    expected = [[[min(255, round(int(v) / 200 * 255)) for v in pixel] for pixel in row] for row in RGB]
    assert abs(np.array(answer.image).astype(int) - expected).max() == 0


def test_default(default):
    """getpixel counts (x, y), an array [y, x]; floats times 255 become gray levels."""
    assert default.array[1, 3].tolist() == list(default.image.getpixel((3, 1)))
    assert np.array(default.Image.open("gray.png")).tolist() == [[0, 36, 73, 109], [146, 182, 219, 255]]


def test_modes(modes):
    """These arrays come back as they were."""
    for shape, dtype in ((2, 4), "uint8"), ((2, 4, 3), "uint8"), ((2, 4, 4), "uint8"), ((2, 4), "uint16"):
        array = np.arange(np.prod(shape), dtype=dtype).reshape(shape)
        assert np.array_equal(np.array(modes.Image.fromarray(array)), array)


def test_what_raises(raises):
    """Floats with three channels, int64, float16, and (H, W, 1) raise; float64 (H, W) becomes F."""
    from PIL import Image

    wrong = [((2, 4, 3), "float32"), ((2, 4), "int64"), ((2, 4, 3), "int64"), ((2, 4), "float16"), ((2, 4, 1), "uint8")]
    for shape, dtype in wrong:
        with raises(TypeError, "Cannot handle this data type"):
            Image.fromarray(np.zeros(shape, dtype))
    assert Image.fromarray(np.zeros((2, 4, 1), np.uint8)[..., 0]).mode == "L"
    assert Image.fromarray(np.zeros((2, 4))).mode == "F"


def test_files(raises):
    """PNG stores L, RGB, RGBA, I;16, and 1, and not F; JPEG stores none of RGBA, I;16, and F."""
    from PIL import Image

    for mode in "L", "RGB", "RGBA", "I;16", "1":
        Image.new(mode, (4, 2)).save("image.png")
        assert Image.open("image.png").mode == mode
    for mode, kind in ("F", "PNG"), ("F", "JPEG"), ("I;16", "JPEG"), ("RGBA", "JPEG"):
        with raises(OSError, f"cannot write mode {mode} as {kind}"):
            Image.new(mode, (4, 2)).save("image." + kind.lower())


def test_convert():
    """convert("RGB") cuts the values of F, I, and I;16 off at 255, and makes RGBA, LA, P, and CMYK fit for JPEG."""
    from PIL import Image

    for mode, dtype in ("F", "float32"), ("I", "int32"), ("I;16", "uint16"):
        image = Image.fromarray(np.array([[0, 200, 300, 40_000]], dtype))
        assert image.mode == mode
        assert np.array(image.convert("RGB"))[0, :, 0].tolist() == [0, 200, 255, 255]
    assert not np.array(Image.fromarray(np.full((2, 4), 0.6)).convert("RGB")).any()
    for mode in "RGBA", "LA", "P", "CMYK":
        Image.new(mode, (4, 2)).convert("RGB").save("image.jpeg")


def test_asarray_is_read_only(raises):
    """np.asarray(image) is read-only, so from_numpy warns, and np.array(image) can be written to."""
    from PIL import Image

    image = Image.fromarray(RGB)
    with raises(ValueError, "read-only"):
        np.asarray(image)[0, 0] = 1
    torch.set_warn_always(True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.from_numpy(np.asarray(image))
    torch.set_warn_always(False)
    assert "not writable" in str(caught[0].message)
    array = np.array(image)
    array[0, 0] = 1
    assert image.getpixel((0, 0)) == tuple(RGB[0, 0])  # a copy
    assert torch.from_numpy(array).shape == (5, 6, 3)


def test_right(right):
    """0.6 * 255 = 153."""
    assert np.array(right.image).tolist() == [[[153] * 3] * 4] * 2


def test_astype_cuts_off():
    """astype(np.uint8) cuts 254.9 down to 254; round gives 255, and clip keeps values in 0..255."""
    assert np.array([254.9, 0.9]).astype(np.uint8).tolist() == [254, 0]
    assert np.array([254.9, 0.9]).round().astype(np.uint8).tolist() == [255, 1]
    with np.errstate(invalid="ignore"):
        assert np.array([256.0, -1.0, 300.0]).astype(np.uint8).tolist() != [255, 0, 255]
    assert np.array([256.0, -1.0, 300.0]).clip(0, 255).astype(np.uint8).tolist() == [255, 0, 255]
    assert np.array([0.2, 0.999]).astype(np.uint8).tolist() == [0, 0]  # floats in 0..1 give black


def test_channels_first(raises):
    """A (C, H, W) array raises, except with a width of 2, 3, or 4, where it is taken for (H, W, C)."""
    from PIL import Image

    for width in range(5, 9):
        with raises(TypeError, "Cannot handle this data type"):
            Image.fromarray(np.zeros((3, 7, width), np.uint8))
    for width in 2, 3, 4:
        image = Image.fromarray(np.zeros((3, 7, width), np.uint8))
        assert image.size == (7, 3)
    assert Image.fromarray(np.zeros((3, 7, 8), np.uint8).transpose(1, 2, 0)).size == (8, 7)


def test_shared_memory():
    """An image of a copy does not change with the array."""
    from PIL import Image

    for shape in (2, 4), (2, 4, 3), (2, 4, 4):
        array = np.zeros(shape, np.uint8)
        image = Image.fromarray(array.copy())
        array[:] = 9
        assert np.array(image).max() == 0
