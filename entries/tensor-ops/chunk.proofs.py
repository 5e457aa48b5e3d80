"""Proofs of chunk."""

import math

import numpy as np
import torch


def given():
    x = torch.arange(130 * 5).view(130, 5)
    return {"qkv": torch.arange(48).view(2, 2, 12), "x": x}


def test_answer(answer):
    """chunk(3, dim=-1) cuts the last dim into thirds; split cuts pieces of a size, tensor_split a number of pieces."""
    for i, part in enumerate((answer.q, answer.k, answer.v)):
        assert torch.equal(part, answer.qkv[..., 4 * i : 4 * i + 4])
    assert [len(part) for part in answer.parts] == [64, 64, 2]
    assert torch.equal(answer.a, answer.x[:, :2]) and torch.equal(answer.b, answer.x[:, 2:])
    assert [len(part) for part in (answer.one, answer.two, answer.three)] == [44, 43, 43]


def test_default(default):
    """split gives pieces of the size, or of the sizes in a list; unbind gives all slices and drops the dim."""
    assert default.x.tolist() == list(range(5))
    x = torch.arange(10).view(2, 5)
    assert [part.tolist() for part in x.split([1, 4], dim=1)] == [[[0], [5]], [[1, 2, 3, 4], [6, 7, 8, 9]]]
    assert [part.tolist() for part in x.unbind(dim=1)] == [[i, i + 5] for i in range(5)]
    assert [row.tolist() for row in x] == [row.tolist() for row in x.unbind()]


def test_sizes_of_the_pieces():
    """chunk gives pieces of ceil(L / n), the last one smaller; tensor_split gives n pieces as even as possible."""
    for size in range(1, 12):
        x = torch.arange(size)
        for n in range(1, 14):
            step = math.ceil(size / n)
            assert [part.tolist() for part in x.chunk(n)] == [
                list(range(i, min(i + step, size))) for i in range(0, size, step)
            ]
            sizes = [len(part) for part in x.tensor_split(n)]
            assert len(sizes) == n and sum(sizes) == size and max(sizes) - min(sizes) <= 1
            assert sizes == sorted(sizes, reverse=True)
    assert [part.tolist() for part in torch.arange(5).tensor_split([1, 3])] == [[0], [1, 2], [3, 4]]


def test_first_dim_by_default():
    """chunk, split, tensor_split, and unbind cut along dim 0 unless told otherwise."""
    x = torch.zeros(4, 6)
    assert x.chunk(2)[0].shape == x.split(2)[0].shape == x.tensor_split(2)[0].shape == (2, 6)
    assert x.unbind()[0].shape == (6,) and x.chunk(2, dim=1)[0].shape == (4, 3)


def test_joining_again():
    """torch.cat joins the pieces of chunk, split, and tensor_split again, torch.stack those of unbind."""
    x = torch.arange(10).view(2, 5)
    for pieces in (x.chunk(4, dim=1), x.split(2, dim=1), x.tensor_split(4, dim=1)):
        assert torch.equal(torch.cat(pieces, dim=1), x)
    assert torch.equal(torch.stack(x.unbind(dim=1), dim=1), x)


def test_qkv(qkv):
    """Three chunks of the last dim of (B, T, 3 * D) are (B, T, D) each."""
    for i, part in enumerate((qkv.q, qkv.k, qkv.v)):
        assert part.shape == (2, 5, 8) and torch.equal(part, qkv.qkv[..., 8 * i : 8 * i + 8])


def test_parts(parts):
    """A model in eval mode gives the same for the parts of a batch as for the whole."""
    x = torch.arange(30.0).view(10, 3)
    torch.testing.assert_close(torch.cat([parts.model(part) for part in x.split(4)]), parts.model(x))
    assert parts.y.shape == (10, 2)


def test_fewer_pieces():
    """chunk(4) of 5 elements returns 3 pieces, tensor_split(4) returns 4."""
    x = torch.arange(5)
    assert [len(part) for part in x.chunk(4)] == [2, 2, 1]
    assert [len(part) for part in x.tensor_split(4)] == [2, 1, 1, 1]


def test_a_line_with_one_field(raises):
    """Splitting an empty line, or one with another separator, gives one field, and split(5) of 5 elements gives one piece."""
    for parts in ("".split(","), "a.png 3".split(","), torch.arange(5).split(5)):
        with raises(ValueError, "not enough values to unpack (expected 2, got 1)"):
            _path, _label = parts


def test_right(right):
    """tensor_split(4) can be unpacked into 4 names."""
    assert [part.tolist() for part in (right.a, right.b, right.c, right.d)] == [[0, 1], [2], [3], [4]]


def test_numpy_split_counts_pieces():
    """split(2) of 6 elements gives 3 pieces of 2; NumPy's split(x, 2) gives 2 pieces of 3."""
    x = torch.arange(6)
    assert [part.tolist() for part in x.split(2)] == [[0, 1], [2, 3], [4, 5]]
    assert [part.tolist() for part in np.split(x.numpy(), 2)] == [[0, 1, 2], [3, 4, 5]]


def test_pieces_are_views():
    """Writing to a piece changes x, and a small piece keeps the whole memory of x; clone() does not."""
    for cut in (lambda x: x.chunk(4), lambda x: x.split(2), lambda x: x.tensor_split(4), lambda x: x.unbind()):
        x = torch.zeros(5)
        piece = cut(x)[0]
        piece.fill_(7)
        assert x[0] == 7
        assert piece.untyped_storage().nbytes() == 5 * 4 > piece.clone().untyped_storage().nbytes()


def test_in_place_raises(raises):
    """While autograd records x, in-place changes to the pieces of chunk, split, unbind, and of iterating over x raise."""
    x = torch.ones(4, requires_grad=True)
    for cut in (lambda x: x.chunk(2), lambda x: x.split(2), lambda x: x.split([1, 3]), lambda x: x.unbind(), list):
        pieces = cut(x * 2)
        with raises(RuntimeError, "This view is the output of a function that returns multiple views"):
            pieces[0].add_(1)
        assert (pieces[0].clone().add_(1) == 3).all()
        with torch.no_grad():
            assert (cut(x * 2)[0].add_(1) == 3).all()


def test_inplace_layers_raise(raises):
    """nn.ReLU(inplace=True) on a piece raises; without inplace, or on a clone, it runs and the gradient arrives."""
    x = torch.tensor([3.0, -1.0, 2.0, 5.0], requires_grad=True)
    left, right = (x * 2).chunk(2)
    with raises(RuntimeError, "This view is the output of a function that returns multiple views"):
        torch.nn.ReLU(inplace=True)(left)
    (torch.nn.ReLU()(left) + torch.nn.ReLU(inplace=True)(right.clone())).sum().backward()
    assert x.grad.tolist() == [2, 0, 2, 2]


def test_right_inplace(right_inplace):
    """a = a + 1 makes a new tensor, and the gradient of 2 * x reaches all elements."""
    assert right_inplace.a.tolist() == [3, 3] and right_inplace.x.grad.tolist() == [2] * 4


def test_sizes_must_add_up(raises):
    """The sizes of split must add up to the size of the dim; an int makes equal pieces."""
    x = torch.zeros(6, 5)
    with raises(RuntimeError, "split_with_sizes expects split_sizes to sum exactly to 6 (input tensor's size at dimension 0)"):
        x.split([2, 3])
    assert [part.size(1) for part in x.split([2, 3], dim=1)] == [2, 3]
    assert [len(part) for part in x.split(2)] == [2, 2, 2]


def test_a_scalar_cannot_be_split(raises):
    """A tensor without dimensions cannot be split; one with a single element can."""
    with raises(RuntimeError, "chunk expects at least a 1-dimensional tensor"):
        torch.tensor(3.0).chunk(2)
    assert [piece.tolist() for piece in torch.tensor([3.0]).chunk(2)] == [[3.0]]
