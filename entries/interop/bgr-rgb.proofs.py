"""Proofs of bgr-rgb."""

import numpy as np
import torch

RGB = np.random.default_rng(0).integers(0, 256, (4, 5, 3), dtype=np.uint8)  # (H, W, C)


def given():
    import cv2
    from PIL import Image

    Image.fromarray(RGB).save("photo.png")
    return {"cv2": cv2, "torch": torch}


def test_answer(answer):
    """An image read by OpenCV becomes (1, 3, H, W) in RGB and 0..1, and comes back as it was."""
    expected = [[[int(RGB[h, w, c]) / 255 for w in range(5)] for h in range(4)] for c in range(3)]
    torch.testing.assert_close(answer.x, torch.tensor([expected]))
    np.testing.assert_allclose(answer.rgb, RGB / 255, rtol=1e-6)
    assert np.array_equal(answer.bgr, RGB[..., [2, 1, 0]]) and answer.bgr.dtype == np.uint8


def test_default(default, raises):
    """bgr[..., ::-1].copy() is RGB; without copy(), from_numpy refuses the negative stride."""
    assert default.x[0, 0, 0, 3].item() == np.float32(250 / 255)  # channel 0 is red
    assert default.x[0, 2, 0, 3].item() == np.float32(10 / 255)
    with raises(ValueError, "negative"):
        torch.from_numpy(default.bgr[..., ::-1])


def test_opencv_pil(opencv_pil):
    """OpenCV reads BGR, PIL reads RGB; PIL's size is (W, H), the shape of the array begins with (H, W)."""
    assert opencv_pil.array[0, 0].tolist() == [250, 20, 10] == opencv_pil.bgr[0, 0].tolist()[::-1]


def test_tensor(tensor):
    """flip along the channels swaps red and blue; an index does so and leaves alpha in place."""
    assert tensor.swapped.shape == (2, 3, 4, 5)
    assert torch.equal(tensor.swapped[:, 0], tensor.x[:, 2]) and torch.equal(tensor.swapped[:, 1], tensor.x[:, 1])
    one = tensor.x[0]
    assert torch.equal(one.flip(0), tensor.swapped[0])


def test_reshape_scrambles(wrong, right):
    """permute keeps the colors of a pixel together, and reshape does not."""
    assert wrong.x.shape == right.x.shape == (3, 2, 2)
    for h in range(2):
        for w in range(2):
            assert right.x[:, h, w].tolist() == right.image[h, w].tolist()
    assert wrong.x[:, 0, 0].tolist() != wrong.image[0, 0].tolist()


def test_three_channels():
    """For gray (with and without alpha), RGB, RGBA, and palette files, convert("RGB") and cv2.imread give three channels; PIL alone does not."""
    import cv2
    from PIL import Image

    bands = {}
    for mode in "L", "LA", "RGB", "RGBA", "P":
        Image.new(mode, (5, 4)).save("file.png")
        image = Image.open("file.png")
        bands[mode] = np.array(image).shape
        assert np.array(image.convert("RGB")).shape == cv2.imread("file.png").shape == (4, 5, 3)
    assert bands == {"L": (4, 5), "LA": (4, 5, 2), "RGB": (4, 5, 3), "RGBA": (4, 5, 4), "P": (4, 5)}


def test_opencv_draws_on_c_order_only(answer):
    """OpenCV draws on the array with order="C"; without it, a batch that is contiguous raises."""
    cv2 = answer.cv2
    rgb = answer.x.contiguous()[0].permute(1, 2, 0).numpy()
    cv2.rectangle((rgb[..., ::-1] * 255).round().astype("uint8", order="C"), (1, 1), (3, 2), (0, 0, 255))
    try:
        cv2.rectangle((rgb[..., ::-1] * 255).round().astype("uint8"), (1, 1), (3, 2), (0, 0, 255))
    except cv2.error as error:
        assert "Layout of the output array" in str(error)
        return
    raise AssertionError("OpenCV took it")


def test_exif():
    """cv2.imread turns a JPEG photo by its EXIF tag; PIL does so only by exif_transpose."""
    import cv2
    from PIL import Image, ImageOps

    image = Image.new("RGB", (8, 3))
    exif = image.getexif()
    exif[0x0112] = 6  # turn by 90 degrees
    image.save("turned.jpg", exif=exif)
    assert cv2.imread("turned.jpg").shape[:2] == (8, 3)
    assert Image.open("turned.jpg").size == (8, 3)  # (W, H)
    assert ImageOps.exif_transpose(Image.open("turned.jpg")).size == (3, 8)


def test_missing_files(raises):
    """For a missing file cv2.imread returns None, and Image.open raises."""
    import os

    import cv2
    from PIL import Image

    silent, saved = os.open(os.devnull, os.O_WRONLY), os.dup(2)
    os.dup2(silent, 2)  # OpenCV warns on stderr
    result = cv2.imread("missing.png")
    os.dup2(saved, 2)
    assert result is None
    with raises(FileNotFoundError):
        Image.open("missing.png")
