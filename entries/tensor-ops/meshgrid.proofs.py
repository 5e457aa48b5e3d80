"""Proofs of meshgrid."""

import math
import warnings

import numpy as np
import torch


def given():
    return {"torch": torch, "H": 2, "W": 3, "device": "cpu"}


def test_answer(answer):
    """ys[i, j] is i and xs[i, j] is j, and the stacked points run row by row as x, y, in int64."""
    assert answer.ys.tolist() == [[i] * 3 for i in range(2)]
    assert answer.xs.tolist() == [list(range(3))] * 2
    assert answer.points.tolist() == [[j, i] for i in range(2) for j in range(3)]
    assert answer.points.dtype == torch.int64


def test_the_device_of_the_vectors():
    """The coordinates are on the device of the vectors, which arange makes on the CPU unless it gets a device."""
    rows, columns = torch.arange(2, device="meta"), torch.arange(3, device="meta")
    assert all(c.device.type == "meta" for c in torch.meshgrid(rows, columns, indexing="ij"))
    assert torch.arange(2).device.type == "cpu"


def test_default(default):
    """With indexing="ij" and y first, the shape is (len(y), len(x)), with ys[i, j] = y[i] and xs[i, j] = x[j]."""
    assert default.xs.shape == default.ys.shape == (2, 3)
    y, x = torch.tensor([5, 7]), torch.tensor([10, 20, 40])
    ys, xs = torch.meshgrid(y, x, indexing="ij")
    assert ys.tolist() == [[v] * 3 for v in (5, 7)] and xs.tolist() == [[10, 20, 40]] * 2


def test_xy_is_numpy():
    """indexing="xy" with x first is NumPy's default and has the shape (len(y), len(x)) as well."""
    y, x = torch.tensor([5, 7]), torch.tensor([10, 20, 40])
    xs, ys = torch.meshgrid(x, y, indexing="xy")
    for ours, theirs in zip((xs, ys), np.meshgrid(x.numpy(), y.numpy()), strict=True):
        assert ours.tolist() == theirs.tolist()
    for ours, other in zip((ys, xs), torch.meshgrid(y, x, indexing="ij"), strict=True):
        assert torch.equal(ours, other)


def test_anchors(anchors):
    """The center of the cell at row i and column j is ((j + 0.5) * stride, (i + 0.5) * stride)."""
    assert anchors.centers.tolist() == [[[16 * j + 8, 16 * i + 8] for j in range(3)] for i in range(2)]


def test_normalized(normalized):
    """The distance from the center is the square root of x squared plus y squared."""
    expected = [[math.hypot(x, y) for x in (-1, -0.5, 0, 0.5, 1)] for y in (-1, 0, 1)]
    torch.testing.assert_close((normalized.xs**2 + normalized.ys**2).sqrt(), torch.tensor(expected))


def test_combinations(combinations):
    """cartesian_prod returns all pairs, the last vector changing fastest."""
    a, b = torch.tensor([1, 2]), torch.tensor([7, 8, 9])
    assert torch.cartesian_prod(a, b).tolist() == [[i, j] for i in (1, 2) for j in (7, 8, 9)]


def test_without_indexing(raises):
    """Without indexing, torch uses "ij" and warns."""
    a, b = torch.arange(2), torch.arange(3)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        old = torch.meshgrid(a, b)
    assert all(torch.equal(x, y) for x, y in zip(old, torch.meshgrid(a, b, indexing="ij"), strict=True))
    assert len(seen) <= 1  # torch warns once in a process
    with raises(RuntimeError, 'indexing must be one of "xy" or "ij"'):
        torch.meshgrid(a, b, indexing="yx")


def test_x_first_is_transposed():
    """With indexing="ij" and x first, the result is (W, H), the transpose of what the image needs."""
    y, x = torch.arange(2), torch.arange(3)
    ys, xs = torch.meshgrid(y, x, indexing="ij")
    wrong_xs, wrong_ys = torch.meshgrid(x, y, indexing="ij")
    assert wrong_xs.shape == (3, 2)
    assert torch.equal(wrong_xs, xs.T) and torch.equal(wrong_ys, ys.T)


def test_results_are_views(raises):
    """The results are expanded views: += raises, and writing one element changes a row and the vector itself."""
    y, x = torch.tensor([5, 7]), torch.tensor([10, 20, 40])
    ys, _ = torch.meshgrid(y, x, indexing="ij")
    with raises(RuntimeError, "more than one element of the written-to tensor refers to a single memory location"):
        ys += 1
    ys[0, 0] = 9
    assert ys.tolist() == [[9] * 3, [7] * 3] and y.tolist() == [9, 7]
    copy = ys.clone()
    copy[0, 0] = 0
    assert copy.tolist() == [[0, 9, 9], [7] * 3] and y.tolist() == [9, 7]


def test_one_dtype(raises):
    """meshgrid rejects vectors of different dtypes; float() on the integers mends it."""
    a, b = torch.arange(2), torch.linspace(0, 1, 3)
    with raises(RuntimeError, "meshgrid expects all tensors to have the same dtype"):
        torch.meshgrid(a, b, indexing="ij")
    assert torch.meshgrid(a.float(), b, indexing="ij")[0].tolist() == [[0] * 3, [1] * 3]


def test_right(right):
    """The column coordinates repeat in every row."""
    assert right.xs.tolist() == [[0, 1, 2]] * 2
