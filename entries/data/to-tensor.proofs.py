"""Proofs of to-tensor."""

import warnings

import numpy as np
import torch

rng = np.random.default_rng(0)
PIXELS = rng.integers(0, 256, (4, 5, 3), dtype=np.uint8)  # (H, W, C)
EXPECTED = [[[int(PIXELS[h, w, c]) / 255 for w in range(5)] for h in range(4)] for c in range(3)]


def given():
    import torchvision  # noqa: F401 - the answer needs it
    from PIL import Image

    return {"torch": torch, "np": np, "image": Image.fromarray(PIXELS)}


def test_answer(answer):
    """ToImage and ToDtype(scale=True) give the same numbers as permute and a division by 255."""
    torch.testing.assert_close(torch.as_tensor(answer.to_tensor(answer.image)), torch.tensor(EXPECTED))
    torch.testing.assert_close(torch.as_tensor(answer.to_tensor(PIXELS)), torch.tensor(EXPECTED))
    torch.testing.assert_close(answer.x, torch.tensor(EXPECTED))


def test_default(default):
    """permute(2, 0, 1) and a division by 255 turn uint8 (H, W, C) into float32 (C, H, W) in 0..1."""
    torch.testing.assert_close(default.to_tensor(PIXELS), torch.tensor(EXPECTED))
    assert default.to_tensor(PIXELS).is_contiguous()
    torch.testing.assert_close(default.to_tensor(PIXELS[..., 1]), torch.tensor(EXPECTED)[1:2])


def test_old_to_tensor(raises):
    """The old ToTensor scales uint8 and leaves floats and other integers as they are; a tensor raises."""
    from torchvision.transforms import ToTensor

    torch.testing.assert_close(ToTensor()(PIXELS), torch.tensor(EXPECTED))
    assert ToTensor()(PIXELS[..., 0]).shape == (1, 4, 5)
    for dtype in np.float32, np.float64, np.int16, np.int32, np.int64:
        x = ToTensor()(PIXELS.astype(dtype))
        assert x.tolist() == PIXELS.transpose(2, 0, 1).tolist()
    with raises(TypeError, "pic should be PIL Image or ndarray. Got <class 'torch.Tensor'>"):
        ToTensor()(torch.zeros(3, 4, 5))


def test_to_dtype_of_other_types():
    """ToDtype(scale=True) leaves floats as they are and divides integers by the largest value of their dtype."""
    from torchvision.transforms import v2

    to_tensor = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
    for dtype in np.float32, np.float64:
        assert to_tensor(np.full((4, 5, 3), 200, dtype)).max() == 200
    for dtype in np.int16, np.int32, np.int64:
        x = to_tensor(np.full((4, 5, 3), 255, dtype)).max()
        torch.testing.assert_close(x, torch.tensor(255 / np.iinfo(dtype).max), check_dtype=False)
    assert 2e-17 < x < 3e-17


def test_v2_to_tensor_is_deprecated():
    """v2.ToTensor warns that it is deprecated."""
    from torchvision.transforms import v2

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        v2.ToTensor()
    assert "`ToTensor()` is deprecated" in str(caught[0].message)


def test_wrong(wrong):
    """With the mean and std of 0..1, a pixel of 255 becomes 1111 in red and 1136 in green."""
    by_hand = [(p - m) / s for p, m, s in zip([255, 128, 0], [0.485, 0.456, 0.406], [0.229, 0.224, 0.225], strict=True)]
    torch.testing.assert_close(wrong.x, torch.tensor(by_hand))
    assert int(wrong.x[0]) == 1111 and int((255 - wrong.mean[1]) / wrong.std[1]) == 1136


def test_right(right):
    """After a division by 255, the same pixel becomes about 2.2."""
    assert right.x.abs().max() < 2.3


def test_dividing_twice():
    """A second division by 255 leaves at most 1/255."""
    assert (torch.tensor(PIXELS) / 255 / 255).max() <= 1 / 255


def test_masks(mask):
    """from_numpy(...).long() keeps the class ids of a mask; cross_entropy takes it as a target."""
    assert mask.target.dtype == torch.int64 and mask.target.shape == (2, 3)
    logits = torch.zeros(1, 3, 2, 3)
    loss = torch.nn.functional.cross_entropy(logits, mask.target[None], ignore_index=255)
    torch.testing.assert_close(loss, torch.tensor(3.0).log())


def test_asarray_is_read_only():
    """np.asarray of a PIL image is read-only and np.array writable; from_numpy warns of a read-only array."""
    import subprocess
    import sys

    from PIL import Image

    assert not np.asarray(Image.fromarray(PIXELS)).flags.writeable
    assert np.array(Image.fromarray(PIXELS)).flags.writeable
    code = "import numpy as np, torch; a = np.zeros(2); a.flags.writeable = False; torch.from_numpy(a)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)  # it warns once a process
    assert "not writable" in run.stderr and run.returncode == 0


def test_sixteen_bits_are_not_scaled():
    """The old ToTensor leaves a 16-bit PIL image unscaled; ToDtype(scale=True) divides it by 65535."""
    from PIL import Image
    from torchvision.transforms import ToTensor, v2

    image = Image.fromarray(np.full((2, 3), 200, dtype=np.uint16))
    assert ToTensor()(image).max() == 200
    x = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])(image)
    torch.testing.assert_close(x.max().item(), 200 / 65535, rtol=1e-4, atol=0)


def test_palettes(default):
    """The pixels of a PIL image with a palette are the numbers of its colors; convert("RGB") looks the colors up."""
    from PIL import Image

    image = Image.new("P", (3, 2), 1)
    image.putpalette([0, 0, 0, 255, 51, 0])  # color 1 is orange
    assert default.to_tensor(image).unique().tolist() == [torch.tensor(1 / 255).item()]
    assert default.to_tensor(image.convert("RGB"))[:, 0, 0].mul(255).round().tolist() == [255, 51, 0]
