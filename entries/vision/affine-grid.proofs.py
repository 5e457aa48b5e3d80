"""Proofs of affine-grid."""

import math
import warnings

import torch
import torch.nn.functional as F


def given():
    torch.manual_seed(0)
    x = torch.rand(2, 3, 6, 6, dtype=torch.float64)  # to(x) makes angles of any dtype fit
    return {"torch": torch, "F": F, "x": x, "angle": torch.tensor([90, 180])}


def warp(x, theta, align_corners=False):
    theta = torch.as_tensor(theta).float().expand(len(x), 2, 3)
    grid = F.affine_grid(theta, x.shape, align_corners=align_corners)
    return F.grid_sample(x, grid, align_corners=align_corners)


def test_answer(answer):
    """The matrix with -sin above and sin below turns an image counterclockwise, as rot90 does."""
    close = {"atol": 1e-5, "rtol": 0}
    torch.testing.assert_close(answer.y[0], answer.x[0].rot90(1, (1, 2)), **close)
    torch.testing.assert_close(answer.y[1], answer.x[1].flip(1, 2), **close)


def test_answer_is_differentiable(default):
    """Gradients reach the image and the angle."""
    torch.manual_seed(0)
    x, angle = torch.rand(1, 1, 6, 5, requires_grad=True), torch.tensor([20.0], requires_grad=True)
    default.rotate(x, angle).square().sum().backward()
    assert angle.grad.abs() > 0 and x.grad.abs().sum() > 0


def test_default(default):
    """By 90 degrees, a pixel to the right of the center moves above it, and by 180 degrees to its left."""
    assert default.y[0, 0].round().nonzero().tolist() == [[0, 3]]
    assert default.y[1, 0].round().nonzero().tolist() == [[2, 1]]
    x = torch.zeros(1, 1, 21, 31)
    x[..., 10, 25] = 1  # 10 to the right
    y = default.rotate(x, torch.tensor([30.0]))[0, 0]
    rows, columns = torch.arange(21.0), torch.arange(31.0)
    center = (y.sum(1) @ rows / y.sum(), y.sum(0) @ columns / y.sum())
    expected = 10 - 10 * math.sin(math.pi / 6), 15 + 10 * math.cos(math.pi / 6)
    torch.testing.assert_close(torch.stack(center), torch.tensor(expected), atol=0.15, rtol=0)


def test_pixels(pixels):
    """The theta of a matrix in pixels moves the image by whole pixels, to the right and up."""
    expected = torch.zeros(3, 4)
    expected[:2, 2:] = pixels.x[0, 0, 1:, :2]
    torch.testing.assert_close(pixels.y[0, 0], expected, atol=1e-4, rtol=0)
    torch.manual_seed(0)
    x = torch.rand(1, 1, 5, 5)
    quarter = torch.tensor([[0.0, 1, 0], [-1, 0, 4]])  # (x, y) to (y, 4 - x): counterclockwise
    y = warp(x, pixels.to_theta(quarter, 5, 5))
    torch.testing.assert_close(y, x.rot90(1, (2, 3)), atol=1e-5, rtol=0)


def test_flow(flow):
    """A flow of one pixel in x reads the neighbor to the right, one in y the neighbor below."""
    expected = flow.x[0, 0].clone()
    expected[1] = torch.tensor([6.0, 7, 8, 0])
    torch.testing.assert_close(flow.warp(flow.x, flow.flow)[0, 0], expected, atol=1e-4, rtol=0)
    down = torch.zeros(1, 2, 3, 4)
    down[:, 1] = 1
    below = torch.cat([flow.x[0, 0, 1:], torch.zeros(1, 4)])
    torch.testing.assert_close(flow.warp(flow.x, down)[0, 0], below, atol=1e-4, rtol=0)


def test_opencv(pixels, flow):
    """The results are those of cv2.warpAffine for the matrix, and of cv2.remap for the pixel's position plus its flow."""
    import cv2
    import numpy as np

    torch.manual_seed(0)
    x, matrix = torch.rand(1, 1, 9, 13), torch.tensor([[0.9, 0.3, -1.0], [-0.2, 1.1, 0.5]])
    grid = F.affine_grid(pixels.to_theta(matrix, 9, 13)[None], x.shape, align_corners=False)
    y = F.grid_sample(x, grid, align_corners=False)[0, 0]
    theirs = cv2.warpAffine(x[0, 0].numpy(), matrix.numpy(), (13, 9))
    assert (y - torch.from_numpy(theirs)).abs().max() < 0.05  # OpenCV may round positions to 1/32 of a pixel
    shift = torch.rand(1, 2, 9, 13) * 4 - 2
    columns, rows = np.meshgrid(np.arange(13, dtype=np.float32), np.arange(9, dtype=np.float32))
    dx, dy = shift[0].numpy()
    theirs = cv2.remap(x[0, 0].numpy(), columns + dx, rows + dy, cv2.INTER_LINEAR)
    assert (flow.warp(x, shift)[0, 0] - torch.from_numpy(theirs)).abs().max() < 0.05


def test_learn(learn):
    """Gradient descent finds the angle that was used to make the target."""
    assert abs(learn.a.item() - 0.3) < 0.01
    assert learn.x.shape == (1, 1, 33, 33)


def test_output_to_input():
    """A positive translation in x moves the picture to the left, by half a width for 1; the sign of sine does the same."""
    x = torch.arange(1.0, 25).view(1, 1, 4, 6)
    left = torch.cat([x[..., 3:], torch.zeros(1, 1, 4, 3)], dim=3)
    torch.testing.assert_close(warp(x, [[1, 0, 1], [0, 1, 0]]), left, atol=1e-4, rtol=0)
    right = torch.cat([torch.zeros(1, 1, 4, 3), x[..., :3]], dim=3)
    torch.testing.assert_close(warp(x, [[1, 0, -1], [0, 1, 0]]), right, atol=1e-4, rtol=0)
    x = x[..., :4]
    for sine, turns in (1, 1), (-1, -1):  # rot90 turns counterclockwise
        y = warp(x, [[0, -sine, 0], [sine, 0, 0]])
        torch.testing.assert_close(y, x.rot90(turns, (2, 3)), atol=1e-4, rtol=0)


def test_one_pixel():
    """With align_corners=False, a translation by 2 / W is one pixel, and the outer edges are at -1 and 1."""
    x = torch.arange(1.0, 25).view(1, 1, 4, 6)
    shifted = warp(x, [[1, 0, 2 / 6], [0, 1, 0]])
    torch.testing.assert_close(shifted[..., :5], x[..., 1:], atol=1e-4, rtol=0)
    grid = F.affine_grid(torch.eye(2, 3)[None], (1, 1, 4, 6), align_corners=False)
    torch.testing.assert_close(grid[0, 0, 0], torch.tensor([-1 + 1 / 6, -1 + 1 / 4]))  # half a pixel inside


def test_zoom_and_shear():
    """0.5 on the diagonal shows the middle half at twice the size; 0.5 beside it moves each row by its height."""
    x = torch.zeros(1, 1, 8, 8)
    x[..., 2:6, 2:6] = 1
    assert warp(x, [[0.5, 0, 0], [0, 0.5, 0]])[..., 1:-1, 1:-1].min() == 1
    x = torch.zeros(1, 1, 8, 8)
    x[..., 3:5] = 1  # a vertical bar
    columns = torch.arange(8.0)
    centers = [(row @ columns / row.sum()).item() for row in warp(x, [[1, 0.5, 0], [0, 1, 0]])[0, 0]]
    steps = [b - a for a, b in zip(centers, centers[1:], strict=False)]
    assert all(abs(step + 0.5) < 1e-3 for step in steps)


def test_one_align_corners():
    """With one align_corners for both, the identity is exact; with True and False it is not; without it, both warn."""
    torch.manual_seed(0)
    x, theta = torch.rand(1, 1, 4, 6), torch.eye(2, 3)[None]
    for value in True, False:
        torch.testing.assert_close(warp(x, theta, value), x, atol=1e-5, rtol=0)
    grid = F.affine_grid(theta, x.shape, align_corners=True)
    assert not torch.allclose(F.grid_sample(x, grid, align_corners=False), x, atol=0.01)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        F.grid_sample(x, F.affine_grid(theta, x.shape))
    assert [str(w.message)[:7] for w in seen] == ["Default", "Default"]


def test_rectangles(default):
    """Rotated by 45 degrees, a bar rises by its width; with a plain matrix, on an image 41 x 81, by half of it."""
    x = torch.zeros(1, 1, 41, 81)
    x[..., 20, 30:51] = 1  # a bar of 21 pixels
    c = math.sqrt(0.5)

    def slope(y):
        points = (y[0, 0] > 0.2).nonzero().float()
        height, width = (points.max(0).values - points.min(0).values).tolist()
        return height / width

    assert abs(slope(default.rotate(x, torch.tensor([45.0]))) - 1) < 0.1
    assert abs(slope(warp(x, [[c, -c, 0], [c, c, 0]])) - 41 / 81) < 0.1


def test_x_comes_first():
    """grid[..., 0] is the column and grid[..., 1] the row."""
    x = torch.arange(1.0, 13).view(1, 1, 3, 4)
    grid = torch.tensor([[[[-0.75, 2 / 3]]]])  # the first column, the last row
    assert F.grid_sample(x, grid, align_corners=False).round().item() == x[0, 0, 2, 0].item() == 9


def test_volumes():
    """A volume (N, C, D, H, W) takes matrices (N, 3, 4)."""
    torch.manual_seed(0)
    x = torch.rand(1, 2, 3, 4, 5)
    grid = F.affine_grid(torch.eye(3, 4)[None], x.shape, align_corners=False)
    assert grid.shape == (1, 3, 4, 5, 3)
    torch.testing.assert_close(F.grid_sample(x, grid, align_corners=False), x, atol=1e-5, rtol=0)


def test_the_batch_that_is_missing(raises):
    """A missing batch of image or grid gives the message about the batch size; x[None], grid[None], and expand mend it."""
    x, grid = torch.rand(1, 3, 4, 5), torch.zeros(2, 4, 5, 2)
    for image, places in (x[0], grid[:1]), (x, grid[0]), (x, grid), (x.expand(3, 3, 4, 5), grid[:1]):
        with raises(RuntimeError, "expected grid and input to have same batch size"):
            F.grid_sample(image, places, align_corners=False)
    assert F.grid_sample(x[0][None], grid[:1], align_corners=False).shape == (1, 3, 4, 5)
    assert F.grid_sample(x, grid[0][None], align_corners=False).shape == (1, 3, 4, 5)
    assert F.grid_sample(x.expand(len(grid), -1, -1, -1), grid, align_corners=False).shape == (2, 3, 4, 5)


def test_one_dtype(raises):
    """grid_sample raises unless image and grid have one dtype, which is that of the angle."""
    x, angle = torch.rand(1, 1, 4, 4).double(), torch.tensor([30.0])
    theta = torch.stack([angle.cos(), -angle.sin(), angle * 0, angle.sin(), angle.cos(), angle * 0], dim=1)
    with raises(RuntimeError, "expected scalar type Double but found Float"):
        F.grid_sample(x, F.affine_grid(theta.view(1, 2, 3), x.shape, align_corners=False), align_corners=False)
    grid = F.affine_grid(theta.double().view(1, 2, 3), x.shape, align_corners=False)
    assert F.grid_sample(x, grid, align_corners=False).dtype == torch.float64
