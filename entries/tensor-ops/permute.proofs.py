"""Proofs of permute."""

import itertools
import warnings

import torch


def given():
    return {"x": torch.arange(120).view(2, 3, 4, 5), "C": 3}


def test_answer(answer):
    """permute(0, 2, 3, 1) moves the channels to the end; reshape then gives one row per pixel."""
    x = torch.arange(120).view(2, 3, 4, 5)
    assert torch.equal(answer.x, x)
    assert answer.flat.shape == (40, 3) and answer.turned.shape == (2, 3, 5, 4)
    for n, c, h, w in itertools.product(*map(range, (2, 3, 4, 5))):
        assert answer.nhwc[n, h, w, c] == answer.turned[n, c, w, h] == x[n, c, h, w]
        assert answer.flat[n * 20 + h * 5 + w, c] == x[n, c, h, w]


def test_view_would_raise(raises):
    """After permute(0, 2, 3, 1), view(-1, C) raises, except where C or H * W is 1."""
    with raises(RuntimeError, "view size is not compatible"):
        torch.arange(120).view(2, 3, 4, 5).permute(0, 2, 3, 1).view(-1, 3)
    for c, h, w in (1, 4, 5), (3, 1, 1):
        assert torch.ones(2, c, h, w).permute(0, 2, 3, 1).view(-1, c).shape == (2 * h * w, c)


def test_default(default):
    """movedim(1, -1) equals permute(0, 2, 3, 1), and mT and swapaxes(2, 3) equal transpose(2, 3)."""
    x = default.x
    assert torch.equal(default.nhwc, x.movedim(1, -1))
    assert torch.equal(x.mT, x.transpose(2, 3)) and torch.equal(x.swapaxes(2, 3), x.transpose(2, 3))
    assert torch.equal(default.back, x)


def test_views():
    """permute, transpose, movedim and mT return views: writing to the result changes x."""
    for reorder in (
        lambda x: x.permute(0, 2, 1),
        lambda x: x.transpose(1, 2),
        lambda x: x.movedim(1, 2),
        lambda x: x.mT,
    ):
        x = torch.zeros(2, 3, 4)
        y = reorder(x)
        assert y.stride() == (12, 1, 4)
        y[1, 3, 2] = 7
        assert x[1, 2, 3] == 7


def test_undo(undo):
    """The argsort of an order undoes it."""
    assert torch.equal(undo.y.permute(undo.inverse), undo.x)
    for order in itertools.permutations(range(3)):
        inverse = torch.tensor(order).argsort().tolist()
        assert torch.equal(undo.x.permute(order).permute(inverse), undo.x)


def test_right(right):
    """reshape after permute reads the columns of x one after another, and copies."""
    assert right.y.tolist() == [3 * r + c for c in range(3) for r in range(2)]
    right.y[0] = 100
    assert right.x[0, 0] == 0


def test_channels_last():
    """channels_last keeps the shape and lays the memory out in the order N, H, W, C."""
    x = torch.arange(120).view(2, 3, 4, 5)
    y = x.to(memory_format=torch.channels_last)
    assert torch.equal(x, y)
    assert y.stride() == (4 * 5 * 3, 1, 5 * 3, 3)  # the next channel is the next element
    assert y.permute(0, 2, 3, 1).is_contiguous()


def test_reshape_is_not_permute():
    """reshape keeps the order of the elements; permute keeps each element with its pixel."""
    x = torch.arange(24).view(1, 2, 3, 4)
    assert x.reshape(1, 3, 4, 2).flatten().tolist() == list(range(24))
    assert x.permute(0, 2, 3, 1)[0, 0, 0].tolist() == [0, 12]
    assert x.reshape(1, 3, 4, 2)[0, 0, 0].tolist() == [0, 1]


def test_the_same_order_twice():
    """An order applied twice restores x exactly if it swaps dimensions in pairs."""
    x = torch.arange(120).view(2, 3, 4, 5)
    for order in itertools.permutations(range(4)):
        in_pairs = all(order[order[d]] == d for d in range(4))
        assert torch.equal(x.permute(order).permute(order), x) == in_pairs
    assert torch.equal(x.permute(0, 2, 3, 1).permute(0, 3, 1, 2), x)


def test_t_is_deprecated(raises):
    """x.T reverses all dimensions, and warns that it is deprecated unless x has two; a vector stays the same, and mT rejects it."""
    assert torch.ones(2, 3).T.shape == (3, 2)
    for size in (2, 3, 4), (5,):
        torch.set_warn_always(True)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            shape = torch.ones(size).T.shape
        torch.set_warn_always(False)
        assert shape == size[::-1]
        assert "deprecated" in str(caught[0].message)
    v = torch.arange(5)
    assert v[:, None].shape == (5, 1)
    with raises(RuntimeError, "mT is only supported on matrices or batches of matrices"):
        v.mT
