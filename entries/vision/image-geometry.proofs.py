"""Proofs of image-geometry."""

import torch
from torch.nn import functional as F


def image():
    """A batch of 2 images with 3 channels, 5 rows, and 7 columns."""
    return torch.arange(2.0 * 3 * 5 * 7).view(2, 3, 5, 7)


def given():
    theta = torch.tensor([[[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]] * 2)  # mirrors
    grid = F.affine_grid(theta, (2, 3, 5, 7), align_corners=False)
    box = {"top": 1, "left": 2, "h": 3, "w": 4, "dx": 2, "dy": 1}
    return {"F": F, "x": image(), "H": 2, "W": 3, "grid": grid} | box


def test_answer(answer):
    """Each line of the answer moves the pixels as its comment says."""
    rows = image()[1, 2].tolist()
    assert answer.cropped[1, 2].tolist() == [row[2:6] for row in rows[1:4]]
    assert answer.mirrored[1, 2].tolist() == [row[::-1] for row in rows]
    assert answer.turned[1, 2].tolist() == [[row[j] for row in rows] for j in range(6, -1, -1)]
    assert answer.shifted[1, 2].tolist() == [[0] * 7] + [[0, 0] + row[:5] for row in rows[:4]]
    framed = [[row[1], *row, row[5], row[4]] for row in rows]
    order = [3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1, 0]
    assert answer.framed[1, 2].tolist() == [framed[i] for i in order]
    torch.testing.assert_close(answer.resized, F.interpolate(image(), (2, 3), mode="bilinear", antialias=True))
    torch.testing.assert_close(answer.warped, image().flip(-1), atol=1e-4, rtol=1e-4)


def test_default(default):
    """Turning to the left makes the last column the first row."""
    x, results = default.x, default.results
    torch.testing.assert_close(results["turn left"], x.transpose(-2, -1).flip(-2))
    assert torch.equal(results["twice as large"], x.repeat_interleave(2, -1).repeat_interleave(2, -2))


def test_right_mask(right_mask):
    """nearest-exact repeats the classes of a mask that is enlarged by whole numbers."""
    assert torch.equal(right_mask.big[0, 0], right_mask.mask.repeat_interleave(2, 0).repeat_interleave(2, 1).float())


def test_wrong_mask(wrong_mask):
    """Bilinear resampling of the classes 0 and 4 gives values between them."""
    assert wrong_mask.mask.unique().tolist() == [0, 4]
    expected = F.interpolate(wrong_mask.mask[None, None].double(), size=(4, 6), mode="bilinear")
    torch.testing.assert_close(wrong_mask.big.double(), expected)


def test_boxes(boxes):
    """When the image is mirrored, the edges of a box become W - x and swap."""
    x = boxes.x.flip(-1)
    (x1, y1, x2, y2) = boxes.mirrored[0].tolist()
    inside = x[..., y1:y2, x1:x2]
    assert inside.numel() == 6 and inside.min() == 1 and x.sum() == 6


def test_gradients_pass():
    """Gradients pass through crops, flips, turns, padding, resizing, and sampling; results stay on the device."""
    grid = F.affine_grid(torch.eye(2, 3)[None].expand(2, 2, 3), (2, 3, 5, 7), align_corners=False)
    ways = [
        lambda x: x[..., 1:4, 2:6],
        lambda x: x.flip(-1),
        lambda x: x.rot90(1, (-2, -1)),
        lambda x: F.pad(x, (1, 2, 3, 4), mode="reflect"),
        lambda x: F.interpolate(x, size=(3, 4), mode="bilinear", antialias=True),
        lambda x: F.grid_sample(x, grid, align_corners=False),
    ]
    for way in ways:
        x = image().requires_grad_()
        way(x).sum().backward()
        assert x.grad.abs().sum() > 0
    for way in ways[:-1]:
        assert way(image().to("meta")).device.type == "meta"


def test_a_grid_of_its_own_for_each_image():
    """grid_sample reads each image of a batch at the positions of its own grid."""
    x = image().expand(2, -1, -1, -1)
    same, mirror = torch.eye(2, 3), torch.tensor([[-1.0, 0, 0], [0, 1, 0]])
    grid = F.affine_grid(torch.stack([same, mirror]), x.shape, align_corners=False)
    y = F.grid_sample(x, grid, align_corners=False)
    torch.testing.assert_close(y, torch.stack([x[0], x[1].flip(-1)]))


def test_pad_counts_from_the_last_dimension():
    """F.pad takes left, right, top, bottom for an image; negative numbers crop."""
    padded = F.pad(torch.ones(1, 1, 2, 3), (1, 2, 3, 4))
    assert padded.shape == (1, 1, 3 + 2 + 4, 1 + 3 + 2)
    assert padded[0, 0, 3:5, 1:4].min() == 1 and padded.sum() == 6
    assert F.pad(torch.ones(1, 1, 2, 3), (-1, 0, 0, 0)).shape == (1, 1, 2, 2)


def test_opencv_takes_top_and_bottom_first():
    """cv2.copyMakeBorder takes top, bottom, left, right."""
    import cv2
    import numpy as np

    assert cv2.copyMakeBorder(np.ones((2, 3)), 1, 2, 3, 4, cv2.BORDER_CONSTANT, value=0).shape == (5, 10)


def test_nearest_exact_takes_the_middle():
    """Shrinking 8 pixels to 2, nearest-exact takes pixels 2 and 6, nearest takes 0 and 4; bilinear mixes classes."""
    x = torch.arange(8.0).view(1, 1, 1, 8)
    assert F.interpolate(x, size=(1, 2), mode="nearest-exact").flatten().tolist() == [2, 6]
    assert F.interpolate(x, size=(1, 2), mode="nearest").flatten().tolist() == [0, 4]
    mask = torch.tensor([0.0, 4.0]).view(1, 1, 1, 2)
    assert F.interpolate(mask, size=(1, 4), mode="bilinear").flatten().tolist() == [0, 1, 3, 4]


def test_shrinking_without_antialias():
    """Shrinking by 4 without antialias skips every fourth pixel; with it all of them count."""
    for mode in ("bilinear", "bicubic"):
        x = torch.tensor([1.0, 0.0, 0.0, 0.0] * 8).view(1, 1, 1, 32).expand(1, 1, 32, 32)
        plain = F.interpolate(x, size=(8, 8), mode=mode)
        smooth = F.interpolate(x, size=(8, 8), mode=mode, antialias=True)
        assert (plain[0, 0, 4, 2:6] < 0.01).all()
        torch.testing.assert_close(smooth[0, 0, 4, 2:6], torch.full((4,), 0.25), atol=0.05, rtol=0.0)


def test_rot90_needs_dims():
    """torch.rot90 without dims turns the first two dimensions."""
    x = image()
    assert torch.rot90(x).shape == (3, 2, 5, 7)
    assert torch.rot90(x, 1, (-2, -1)).shape == (2, 3, 7, 5)


def test_roll_wraps_around():
    """torch.roll brings the pixels that leave on the right in on the left."""
    assert torch.tensor([1, 2, 3, 4]).roll(1, -1).tolist() == [4, 1, 2, 3]


def test_integer_masks_raise(raises):
    """F.interpolate raises for int64 and bool; float works."""
    mask = torch.tensor([[[[0, 1], [1, 0]]]])
    for dtype in (torch.int64, torch.bool):
        with raises(RuntimeError, "not implemented for"):
            F.interpolate(mask.to(dtype), size=(4, 4), mode="nearest-exact")
    assert F.interpolate(mask.float(), size=(4, 4), mode="nearest-exact").shape == (1, 1, 4, 4)


def test_torchvision_moves_boxes():
    """RandomHorizontalFlip of torchvision.transforms.v2 mirrors BoundingBoxes with the image, but not a plain tensor."""
    from torchvision import tv_tensors
    from torchvision.transforms import v2

    x = torch.zeros(3, 4, 8)
    boxes = tv_tensors.BoundingBoxes(torch.tensor([[1, 0, 4, 2]]), format="XYXY", canvas_size=(4, 8))
    _, mirrored = v2.RandomHorizontalFlip(p=1)(x, boxes)
    assert mirrored.tolist() == [[4, 0, 7, 2]]
    plain = torch.tensor([[1, 0, 4, 2]])
    assert v2.RandomHorizontalFlip(p=1)(x, plain)[1] is plain


def test_pixels_and_edges():
    """When an image is mirrored, pixel x goes to W - 1 - x."""
    x = torch.zeros(1, 8)
    x[0, 1] = 1
    assert x.flip(-1).argmax() == 8 - 1 - 1
