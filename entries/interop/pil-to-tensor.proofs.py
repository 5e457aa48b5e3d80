"""Proofs of pil-to-tensor."""

import struct
import zlib

import numpy as np
import torch

RGB = np.random.default_rng(0).integers(0, 256, (4, 5, 3), dtype=np.uint8)  # (H, W, C)


def given():
    from PIL import Image

    Image.fromarray(RGB).save("photo.png")
    return {"torch": torch, "np": np, "Image": Image}


def expected():
    return torch.tensor([[[int(RGB[h, w, c]) / 255 for w in range(5)] for h in range(4)] for c in range(3)])


def test_answer(answer):
    """The result is a batch of one, (1, 3, H, W), of floats in 0..1."""
    torch.testing.assert_close(answer.x, expected()[None])


def test_default(default):
    """PIL counts (x, y), the tensor row and column."""
    for y in range(3):
        for x in range(5):
            pixel = (default.x[0, :, y, x] * 255).round().int().tolist()
            assert tuple(pixel) == default.photo.getpixel((x, y))


def test_torchvision(answer):
    """ToTensor gives the same values without the batch dimension; pil_to_tensor gives (3, H, W) in uint8."""
    from torchvision.transforms import ToTensor, v2

    torch.testing.assert_close(ToTensor()(answer.image), expected())
    assert torch.equal(v2.functional.pil_to_tensor(answer.image), torch.from_numpy(RGB).permute(2, 0, 1))


def test_folder(folder):
    """exif_transpose turns a photo by its EXIF tag, which opening alone does not."""
    Image, exif = folder.Image, folder.Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    Image.new("RGB", (8, 3)).save("turned.jpg", exif=exif)
    assert Image.open("turned.jpg").size == (8, 3)
    assert folder.ImageOps.exif_transpose(Image.open("turned.jpg")).size == (3, 8)


def test_gray(gray):
    """convert("L") gives one channel; a 16-bit PNG is read as uint16."""
    assert gray.array.tolist() == [[0, 13107, 65535]] and 13107 / 65535 == 0.2
    assert gray.image.size == (5, 3) and np.array(gray.image).shape == (3, 5)


def test_right(right):
    """convert("RGB") gives a gray image three equal channels."""
    assert right.x.unique().tolist() == [120] and torch.equal(right.x[0], right.x[2])


def test_files_differ_in_channels():
    """Files of different modes give arrays of different shapes, and convert("RGB") gives (H, W, 3) for all of them."""
    from PIL import Image

    shapes = {"L": (3, 5), "P": (3, 5), "1": (3, 5), "LA": (3, 5, 2), "RGB": (3, 5, 3), "RGBA": (3, 5, 4)}
    for mode, shape in shapes.items():
        Image.new(mode, (5, 3)).save("file.png")
        assert np.array(Image.open("file.png")).shape == shape
        assert np.array(Image.open("file.png").convert("RGB")).shape == (3, 5, 3)


def test_sixteen_bits(gray):
    """convert("RGB") of a 16-bit gray image turns all values above 255 into 255."""
    deep = gray.Image.fromarray(np.array([[0, 200, 256, 65535]], dtype=np.uint16))
    assert np.array(deep.convert("RGB"))[0, :, 0].tolist() == [0, 200, 255, 255]


def test_files_stay_open(default):
    """Image.open keeps the file open until convert reads the pixels and closes it; a GIF or a TIFF of 2 pages stays open."""
    image = default.Image.open("photo.png")
    assert not image.fp.closed
    image.convert("RGB")
    assert image.fp is None or image.fp.closed
    pages = [default.Image.new("RGB", (5, 3), color) for color in ("red", "blue")]
    for name in ("pages.gif", "pages.tif"):
        pages[0].save(name, save_all=True, append_images=pages[1:])
        with default.Image.open(name) as image:
            image.convert("RGB")
            file = image.fp or image._fp
            assert not file.closed


def test_sixteen_bit_color(default):
    """PIL reads a 16-bit color PNG as 8 bits per channel, the high byte of each value."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)  # 1 x 1, 16 bits, RGB
    pixels = zlib.compress(b"\0" + struct.pack(">HHH", 300, 13107, 65535))
    with open("deep.png", "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))
    image = default.Image.open("deep.png")
    assert image.mode == "RGB" and np.array(image).dtype == np.uint8
    assert np.array(image).tolist() == [[[300 // 256, 13107 // 256, 255]]]


def test_not_contiguous(answer, raises):
    """permute, float, and the division keep the strides of (H, W, C), so view raises; flatten and reshape work."""
    assert not answer.x.is_contiguous()
    with raises(RuntimeError, "view size is not compatible"):
        answer.x.view(1, -1)
    assert torch.equal(answer.x.flatten(1), expected().reshape(1, -1))


def test_palettes_are_indices():
    """The array of a palette image holds indices into the palette, not colors."""
    from PIL import Image

    image = Image.new("RGB", (4, 2), (10, 20, 30)).quantize(4)
    assert image.mode == "P" and np.array(image).tolist() == [[0] * 4] * 2
    assert np.array(image.convert("RGB"))[0, 0].tolist() == [10, 20, 30]


def test_uint8_takes_a_quarter():
    """uint8 takes a quarter of the memory of float32."""
    x = torch.zeros(3, 4, 5, dtype=torch.uint8)
    assert x.float().nbytes == 4 * x.nbytes
