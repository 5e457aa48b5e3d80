"""Proofs of interpolate."""

import torch
import torch.nn.functional as F
from torch import nn


def given():
    x = torch.arange(2 * 3 * 8 * 10.0).view(2, 3, 8, 10)
    mask = torch.tensor([[[0, 2, 1, 4]] * 6, [[3, 0, 5, 1]] * 6])  # (2, 6, 4)
    return {"F": F, "x": x, "mask": mask, "H": 4, "W": 5}


def tent(values, out):
    """Antialiased bilinear in plain Python: a triangle as wide as one output pixel on each side."""
    scale = len(values) / out
    result = []
    for i in range(out):
        weights = [max(0.0, 1 - abs((j + 0.5) - (i + 0.5) * scale) / scale) for j in range(len(values))]
        result.append(sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights))
    return result


def test_answer(answer):
    """bilinear with antialias resizes floats, and nearest-exact keeps an int64 mask's classes."""
    before = given()["x"][1, 2]
    rows = torch.tensor([tent(row, 5) for row in before.tolist()])
    wanted = torch.tensor([tent(column, 4) for column in rows.T.tolist()]).T
    torch.testing.assert_close(answer.x[1, 2], wanted)
    assert answer.x.shape == (2, 3, 4, 5)
    picked = [int((i + 0.5) * 4 / 5) for i in range(5)]
    assert answer.mask.tolist() == [[[row[k] for k in picked]] * 4 for row in ([0, 2, 1, 4], [3, 0, 5, 1])]
    assert answer.mask.dtype == torch.int64


def test_antialias_matters_only_when_it_shrinks():
    """antialias=True does not change a bilinear enlargement."""
    x = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(0))
    plain = F.interpolate(x, size=(11, 9), mode="bilinear")
    torch.testing.assert_close(F.interpolate(x, size=(11, 9), mode="bilinear", antialias=True), plain)


def test_default(default):
    """align_corners=False treats pixels as areas; True keeps the centers of the corner pixels in place."""
    areas = [min(max((i + 0.5) / 3 - 0.5, 0), 1) for i in range(6)]
    torch.testing.assert_close(default.soft[0, 0, 0], 1 + torch.tensor(areas))
    torch.testing.assert_close(default.aligned[0, 0, 0], 1 + torch.arange(6) / 5)
    torch.testing.assert_close(default.aligned[0, 0, :, 0], 1 + 2 * torch.arange(4) / 3)
    assert default.near[0, 0].tolist() == [[1, 1, 1, 2, 2, 2]] * 2 + [[3, 3, 3, 4, 4, 4]] * 2
    assert default.cubic.shape == (1, 1, 4, 6) and default.cubic.min() < 1
    x = default.x
    assert torch.equal(F.interpolate(x, size=(4, 6), mode="bilinear", align_corners=False), default.soft)


def test_upsample_and_default_mode():
    """nn.Upsample does the same as a layer, and the default mode of both is nearest."""
    x = torch.arange(6.0).view(1, 1, 2, 3)
    nearest = F.interpolate(x, scale_factor=2, mode="nearest")
    assert torch.equal(F.interpolate(x, scale_factor=2), nearest)
    assert torch.equal(nn.Upsample(scale_factor=2)(x), nearest)
    soft = nn.Upsample(size=(5, 4), mode="bilinear")(x)
    assert torch.equal(soft, F.interpolate(x, size=(5, 4), mode="bilinear"))


def test_single_image(raises):
    """An image of shape (C, H, W) raises, and x[None] is accepted; a sequence (N, C, L) takes mode="linear"."""
    x = torch.rand(3, 4, 5)
    with raises(ValueError, "Input and output must have the same number of spatial dimensions"):
        F.interpolate(x, size=(8, 9), mode="bilinear")
    with raises(NotImplementedError, "Got 3D input, but bilinear mode needs 4D input"):
        F.interpolate(x, scale_factor=2, mode="bilinear")
    assert F.interpolate(x[None], size=(8, 9), mode="bilinear").shape == (1, 3, 8, 9)
    assert F.interpolate(x, scale_factor=2, mode="linear").shape == (3, 4, 10)  # as a sequence (N, C, L)
    volume = torch.rand(2, 3, 4, 5)  # (C, D, H, W)
    for mode, n in ("linear", 3), ("trilinear", 5):
        with raises(NotImplementedError, f"Got 4D input, but {mode} mode needs {n}D input"):
            F.interpolate(volume, scale_factor=2, mode=mode)
    assert F.interpolate(volume, scale_factor=2, mode="bilinear").shape == (2, 3, 8, 10)
    assert F.interpolate(volume[None], scale_factor=2, mode="trilinear").shape == (1, 2, 6, 8, 10)


def test_antialias_needs_a_mode(raises):
    """antialias=True raises with nearest, the default, and works with bilinear and bicubic."""
    x = torch.rand(1, 3, 4, 5)
    with raises(ValueError, "Anti-alias option is restricted to bilinear"):
        F.interpolate(x, size=(2, 3), antialias=True)
    for mode in "bilinear", "bicubic":
        assert F.interpolate(x, size=(2, 3), mode=mode, antialias=True).shape == (1, 3, 2, 3)
    with raises(TypeError, "unexpected keyword argument"):
        nn.Upsample(size=(2, 3), mode="bilinear", antialias=True)


def test_size_is_height_and_width(raises):
    """A size of four numbers raises for an image; the last two are accepted."""
    x, y = torch.rand(1, 3, 4, 5), torch.rand(1, 2, 8, 9)
    with raises(ValueError, "Input and output must have the same number of spatial dimensions"):
        F.interpolate(x, size=y.shape)
    assert F.interpolate(x, size=y.shape[-2:]).shape == (1, 3, 8, 9)


def test_nearest_rounds_down():
    """From five pixels to three, nearest keeps 0, 1, and 3; nearest-exact keeps 0, 2, and 4."""
    x = torch.arange(5.0).view(1, 1, 1, 5)
    assert F.interpolate(x, size=(1, 3), mode="nearest").flatten().tolist() == [0, 1, 3]
    assert F.interpolate(x, size=(1, 3), mode="nearest-exact").flatten().tolist() == [0, 2, 4]


def test_nearest_in_other_libraries():
    """nearest picks the pixels of OpenCV's INTER_NEAREST, and nearest-exact those of PIL, unless the center of the new
    pixel lies halfway between two of the old ones: from 2 pixels to 7, PIL takes the left one there."""
    import cv2
    import numpy as np
    from PIL import Image

    for old in range(1, 20):
        row = np.arange(old, dtype=np.uint8)[None]
        x = torch.arange(float(old)).view(1, 1, 1, old)
        for new in range(1, 20):
            theirs = cv2.resize(row, (new, 1), interpolation=cv2.INTER_NEAREST)
            nearest = F.interpolate(x, size=(1, new), mode="nearest").flatten().tolist()
            whole = [i * old % new == 0 for i in range(new)]  # there, OpenCV may round to the pixel before
            assert all(a == b or exact for a, b, exact in zip(nearest, theirs[0].tolist(), whole, strict=True))
            exact = F.interpolate(x, size=(1, new), mode="nearest-exact").flatten().tolist()
            pillow = np.asarray(Image.fromarray(row).resize((new, 1), Image.Resampling.NEAREST))[0].tolist()
            halfway = [(2 * i + 1) * old % (2 * new) == 0 for i in range(new)]
            assert all(a == b or tie for a, b, tie in zip(exact, pillow, halfway, strict=True))
            if (old, new) == (2, 7):
                assert exact == [0, 0, 0, 1, 1, 1, 1] and pillow == [0, 0, 0, 0, 1, 1, 1]


def test_antialias(antialias):
    """Without antialias, bilinear looks at two pixels per direction; with it, at all that the output pixel covers."""
    line = [8.0 * (i % 4 == 1) for i in range(16)]
    assert antialias.skips.flatten().tolist() == [(line[4 * i + 1] + line[4 * i + 2]) / 2 for i in range(4)]
    torch.testing.assert_close(antialias.smooth.flatten(), torch.tensor(tent(line, 4)))
    assert antialias.x.mean() == 2


def test_overshoot(overshoot):
    """bicubic leaves the range of its input."""
    assert overshoot.big.min() < -25 and overshoot.big.max() > 255 + 25
    assert (overshoot.shown.min(), overshoot.shown.max()) == (0, 255)
    assert overshoot.big.shape == (1, 1, 12, 16)


def test_bicubic_is_sharper(overshoot):
    """At an edge, the steepest step of bicubic is higher than that of bilinear."""
    soft = F.interpolate(overshoot.edge, scale_factor=4, mode="bilinear")
    assert overshoot.big.diff(dim=-1).max() > 1.1 * soft.diff(dim=-1).max()


def test_one_image_is_read_as_a_row():
    """An image (C, H, W) counts as (N, C, W), so one number for size or scale_factor resizes W only; x[None] mends it."""
    x = torch.rand(3, 4, 5)
    assert F.interpolate(x, scale_factor=2).shape == (3, 4, 10) and F.interpolate(x, size=64).shape == (3, 4, 64)
    assert F.interpolate(x[None], scale_factor=2).shape == (1, 3, 8, 10)


def test_lanczos(raises):
    """lanczos, where there is such a mode, works with antialias=True on (N, C, H, W)."""
    if torch.__version__ < (2, 13):
        return
    x = torch.rand(1, 3, 4, 5)
    assert F.interpolate(x, size=(2, 3), mode="lanczos", antialias=True).shape == (1, 3, 2, 3)
    with raises(ValueError, "Lanczos mode requires antialias=True"):
        F.interpolate(x, size=(2, 3), mode="lanczos")


def test_bilinear_invents_classes(wrong, right):
    """Bilinear resizing of classes 0 and 2 invents class 1; nearest-exact does not."""
    assert 1 in wrong.big.long() and wrong.big.shape == (1, 1, 2, 6)
    assert right.big[0, 0].tolist() == [[0, 0, 0, 2, 2, 2]] * 2


def test_integers_raise(raises):
    """On the CPU, int64, int32, and bool raise even with nearest, and float16 and bfloat16 with antialias."""
    for dtype in torch.int64, torch.int32, torch.bool:
        for mode in "nearest", "nearest-exact", "bilinear":
            with raises(RuntimeError, "not implemented for"):
                F.interpolate(torch.ones(1, 1, 3, 4, dtype=dtype), size=(6, 8), mode=mode)
    for dtype in torch.float16, torch.bfloat16:
        x = torch.ones(1, 1, 3, 4, dtype=dtype)
        assert F.interpolate(x, size=(2, 3), mode="bilinear").dtype == dtype
        with raises(RuntimeError, "not implemented for"):
            F.interpolate(x, size=(2, 3), mode="bilinear", antialias=True)


def test_align_corners_needs_a_mode(raises):
    """align_corners raises with nearest, nearest-exact, and area."""
    for mode in "nearest", "nearest-exact", "area":
        with raises(ValueError, "align_corners option can only be set"):
            F.interpolate(torch.rand(1, 1, 3, 4), size=(6, 8), mode=mode, align_corners=True)
