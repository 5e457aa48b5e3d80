"""Proofs of unsqueeze."""

import torch
from torch import nn


def given():
    return {"image": torch.zeros(3, 4, 5), "v": torch.tensor([7, 8]), "gate": torch.tensor([[1, 2, 3], [4, 5, 6]])}


def test_answer(answer):
    """unsqueeze and indexing with None insert dims of size 1 at the named positions."""
    assert answer.batch.shape == (1, 3, 4, 5) and torch.equal(answer.batch, answer.image[None])
    assert answer.column.tolist() == [[7], [8]] == answer.v[:, None].tolist()
    assert answer.scale.tolist() == [[[[v]] for v in row] for row in answer.gate.tolist()]


def test_default(default):
    """dim is the position of the new dim in the result, from -ndim - 1 to ndim."""
    x = default.x
    for dim in range(-3, 3):
        sizes = list(x.shape)
        sizes.insert(dim + 3 if dim < 0 else dim, 1)
        assert list(x.unsqueeze(dim).shape) == sizes
    assert x[None].shape == (1, 2, 3) and x[:, None].shape == (2, 1, 3) and x[..., None].shape == (2, 3, 1)


def test_range_of_dim(raises):
    """unsqueeze raises for a dim outside of -ndim - 1 to ndim."""
    for dim in (-4, 3):
        with raises(IndexError, "Dimension out of range (expected to be in range of [-3, 2]"):
            torch.zeros(2, 3).unsqueeze(dim)


def test_view():
    """The result is a view: nothing is copied, and writing to it changes x."""
    x = torch.zeros(2, 3)
    y = x.unsqueeze(1)
    y[1, 0, 2] = 5
    assert x.tolist() == [[0, 0, 0], [0, 0, 5]] and y.data_ptr() == x.data_ptr()


def test_single_image(single_image):
    """unsqueeze(0) before the model and squeeze(0) after it pass one image through."""
    with torch.no_grad():
        two = single_image.model(torch.stack([single_image.image, torch.ones(3, 8, 8)]))
    torch.testing.assert_close(single_image.logits, two[0])


def test_image_without_a_batch(raises):
    """Conv2d accepts (C, H, W), BatchNorm2d raises, and Flatten takes C for the batch."""
    image = torch.zeros(3, 8, 8)
    assert nn.Conv2d(3, 4, 3)(image).shape == (4, 6, 6)
    with raises(ValueError, "expected 4D input (got 3D input)"):
        nn.BatchNorm2d(3)(image)
    assert nn.Flatten()(image).shape == (3, 64)
    assert nn.Flatten()(image.unsqueeze(0)).shape == (1, 192)


def test_pairs(pairs):
    """A column (N, 1) broadcasts against a row to all pairs."""
    assert (pairs.a.unsqueeze(1) * pairs.b.unsqueeze(0)).tolist() == [[i * j for j in (10, 20, 30)] for i in (1, 2)]
    assert (pairs.a[:, None] - pairs.b).tolist() == [[i - j for j in (10, 20, 30)] for i in (1, 2)]


def test_column_against_vector():
    """(N, 1) minus (N,) gives (N, N)."""
    pred, y = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([1.0, 2.0, 3.0])
    assert (pred - y).tolist() == [[0, -1, -2], [1, 0, -1], [2, 1, 0]]
    assert (pred - y.unsqueeze(1)).tolist() == [[0], [0], [0]]


def test_not_in_place():
    """unsqueeze leaves the shape of x alone; unsqueeze_ changes x itself."""
    x = torch.zeros(2, 3)
    x.unsqueeze(0)
    assert x.shape == (2, 3)
    x.unsqueeze_(0)
    assert x.shape == (1, 2, 3)
    assert x.squeeze(0).shape == (2, 3)


def test_right(right):
    """The method and the function give the same: x.unsqueeze(0) and torch.unsqueeze(x, 0)."""
    assert torch.equal(torch.unsqueeze(torch.zeros(2, 3), 0), right.x)


def test_one_int(raises):
    """unsqueeze takes one int and has no default."""
    for dim in ((0, 1), 1.0, torch.zeros(2)):
        with raises(TypeError, "unsqueeze(): argument 'dim' (position 1) must be int"):
            torch.zeros(2).unsqueeze(dim)
    with raises(TypeError, "missing 1 required positional arguments"):
        torch.zeros(2).unsqueeze()
