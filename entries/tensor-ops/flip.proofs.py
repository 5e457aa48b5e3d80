"""Proofs of flip."""

import torch
import torch.nn.functional as F


def given():
    return {"F": F, "x": torch.arange(1.0, 13.0).reshape(3, 4)}


def test_answer(answer):
    """flip reverses, roll shifts around the end, rot90 turns counterclockwise, and pad with a cut shifts in zeros."""
    x = answer.x
    rows = x.tolist()
    assert answer.flipped.tolist() == [row[::-1] for row in rows]
    assert answer.both.tolist() == [row[::-1] for row in rows[::-1]]
    assert answer.rolled.tolist() == [rows[-1], *rows[:-1]]
    assert x.roll(-1, dims=0).tolist() == [*rows[1:], rows[0]]
    columns = zip(*rows, strict=True)
    assert answer.turned.tolist() == [list(column) for column in columns][::-1]
    assert x.rot90(-1, (-2, -1)).tolist() == [list(column) for column in zip(*rows[::-1], strict=True)]
    assert answer.lagged.tolist() == [[0, *row[:-1]] for row in rows]


def test_default(default):
    """roll(1)[i] is x[i - 1]; four turns of rot90 restore the tensor; an odd turn swaps H and W."""
    x = torch.randn(7)
    assert all(x.roll(3)[i] == x[(i - 3) % 7] for i in range(7))
    images = torch.randn(2, 3, 4, 5)
    turned = images
    for k in range(1, 5):
        turned = turned.rot90(1, (-2, -1))
        assert torch.equal(turned, images.rot90(k, (-2, -1)))
        assert turned.shape[-2:] == ((5, 4) if k % 2 else (4, 5))
    assert torch.equal(turned, images)
    assert torch.equal(images.rot90(1, (-2, -1)), images.transpose(-2, -1).flip(-2))
    assert torch.equal(images.rot90(-1, (-2, -1)), images.transpose(-2, -1).flip(-1))
    assert torch.equal(default.x.rot90(2), default.x.flip(0, 1))


def test_rows(rows):
    """gather with (t - shift) % T rolls each row by its own shift."""
    out = rows.x.gather(1, rows.i)
    for row, shifted, shift in zip(rows.x, out, rows.shifts.tolist(), strict=True):
        assert torch.equal(shifted, row.roll(shift))


def test_reverse_padded(reverse_padded):
    """Each sequence is reversed within its length, and the padding stays at the end."""
    out = reverse_padded.x.gather(1, reverse_padded.i).tolist()
    for before, after, n in zip(reverse_padded.x.tolist(), out, (3, 2), strict=True):
        assert after == before[:n][::-1] + before[n:]


def test_right(right, raises):
    """A negative step raises for one dimension and for several."""
    assert right.x.flip(1).tolist() == [[3, 2, 1], [6, 5, 4]]
    for cut in (lambda x: x[::-1], lambda x: x[:, ::-2]):
        with raises(ValueError, "step must be greater than zero"):
            cut(right.x)


def test_roll_leaks_the_future():
    """After roll(1), the first step holds the last value of the series; after pad and cut it holds 0."""
    series = torch.arange(1.0, 6.0)[None]
    assert series.roll(1, dims=1)[0].tolist() == [5, 1, 2, 3, 4]
    assert F.pad(series, (1, 0))[:, :-1][0].tolist() == [0, 1, 2, 3, 4]
    assert F.pad(series, (0, 1))[:, 1:][0].tolist() == [2, 3, 4, 5, 0]


def test_dims_from_the_front():
    """On (N, C, H, W), rot90() swaps N and C, fliplr reverses C, and flipud N."""
    images = torch.randn(2, 3, 4, 5)
    assert images.rot90().shape == (3, 2, 4, 5)
    assert torch.equal(images.fliplr(), images.flip(1))
    assert torch.equal(images.flipud(), images.flip(0))


def test_roll_without_dims():
    """roll without dims rolls the flattened tensor and restores the shape."""
    x = torch.arange(6).reshape(2, 3)
    assert x.roll(1).tolist() == [[5, 0, 1], [2, 3, 4]]
    assert torch.equal(x.roll(2), x.flatten().roll(2).reshape(2, 3))


def test_they_copy():
    """flip, roll and rot90 return a copy, also for no shift and no turn, and np.flip a view."""
    import numpy as np

    x = torch.arange(6.0).reshape(2, 3)
    for y in (x.flip(0), x.flip([]), x.roll(0, 0), x.rot90(0), x.fliplr(), x.flipud()):
        assert y.untyped_storage().data_ptr() != x.untyped_storage().data_ptr()
    array = np.arange(3)
    assert np.shares_memory(np.flip(array), array)


def test_gradients():
    """The gradient of each of them is carried back by its inverse."""
    weights = torch.arange(6.0).reshape(2, 3)
    for f, back in (
        (lambda x: x.flip(1), lambda g: g.flip(1)),
        (lambda x: x.roll(1, 1), lambda g: g.roll(-1, 1)),
        (lambda x: x.rot90(1).rot90(1), lambda g: g.rot90(-2)),
    ):
        x = torch.zeros(2, 3, requires_grad=True)
        (f(x) * weights).sum().backward()
        assert torch.equal(x.grad, back(weights))


def test_messages(raises):
    """A shift too many, a vector in rot90 or fliplr, and a dim named twice raise."""
    x = torch.zeros(2, 3)
    with raises(RuntimeError, "shifts and dimensions must align. shifts: 2, dims:1"):
        x.roll((1, 2), 0)
    with raises(RuntimeError, "expected total dims >= 2, but got total dims = 1"):
        torch.zeros(3).rot90()
    with raises(RuntimeError, "Input must be >= 2-d."):
        torch.zeros(3).fliplr()
    with raises(RuntimeError, "dim 0 appears multiple times"):
        x.flip(0, -2)


def test_empty_and_bool():
    """Empty tensors, bool tensors, and shifts beyond the size work."""
    assert torch.zeros(0, 3).flip(0).shape == (0, 3) and torch.zeros(0).roll(2).shape == (0,)
    assert torch.tensor([True, False]).roll(1).tolist() == [False, True]
    assert torch.arange(3).roll(7).tolist() == torch.arange(3).roll(1).tolist()
