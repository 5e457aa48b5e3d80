"""Proofs of find-values."""

import math

import torch


def given():
    return {"torch": torch, "x": torch.tensor([4, 5, 2, 5]), "m": torch.tensor([[5, 0, 1], [2, 5, 5]]), "v": 5}


def test_answer(answer):
    """nonzero gives all indices of True, isin marks members, argmax gives the first hit."""
    x = answer.x.tolist()
    assert answer.i.tolist() == [k for k, value in enumerate(x) if value == 5]
    where = [(r, c) for r, row in enumerate(answer.m.tolist()) for c, value in enumerate(row) if value == 5]
    assert list(zip(answer.rows.tolist(), answer.cols.tolist(), strict=True)) == where
    assert answer.mask.tolist() == [value in (2, 5) for value in x]
    assert answer.first == x.index(5) and answer.found


def test_default(default):
    """A matrix gives one row (i, j) per hit in nonzero(), and one vector per dimension with as_tuple or torch.where."""
    m = default.m
    by_loops = [[i, j] for i in range(2) for j in range(3) if m[i, j] != 0]
    assert m.nonzero().tolist() == torch.argwhere(m).tolist() == by_loops
    assert [t.tolist() for t in torch.where(m)] == [t.tolist() for t in m.nonzero(as_tuple=True)] == [list(t) for t in zip(*by_loops, strict=True)]
    assert torch.equal(m[m.nonzero(as_tuple=True)], m[m != 0])
    assert default.mask.tolist() == [v in (3, 8) for v in default.x.tolist()]
    x = torch.zeros(2, 3, 4)
    x[1, 2, 3] = 1
    assert x.nonzero().tolist() == [[1, 2, 3]]


def test_first(first):
    """argmax of the comparison is the first hit of a row, and that of the flipped one tells the last."""
    rows = first.x.tolist()
    assert first.first.where(first.found, -1).tolist() == [row.index(9) if 9 in row else -1 for row in rows]
    assert first.last.where(first.found, -1).tolist() == [3 - row[::-1].index(9) if 9 in row else -1 for row in rows]
    assert (first.x[0] == 9).nonzero()[-1].item() == 2


def test_lookup(lookup):
    """searchsorted with a sorter looks up many values in a table that is not sorted."""
    table = lookup.table.tolist()
    expected = [table.index(v) if v in table else -1 for v in lookup.values.tolist()]
    assert lookup.i.where(lookup.table[lookup.i] == lookup.values, -1).tolist() == expected
    values = torch.tensor([99, -5])
    place = torch.searchsorted(lookup.table, values, sorter=lookup.order)
    i = lookup.order[place.clamp(max=3)]
    assert not (lookup.table[i] == values).any()


def test_rows(rows):
    """A comparison of rows needs all() over the last dimension."""
    x = rows.x.tolist()
    assert (rows.x == rows.row).all(dim=1).tolist() == [row == [1, 2] for row in x]
    assert (rows.x[:, None] == rows.rows).all(dim=2).any(dim=1).tolist() == [row in ([3, 4], [1, 5]) for row in x]


def test_right(right):
    """isin takes a tensor or a number as values, and invert marks the others."""
    x = right.x.tolist()
    assert torch.isin(right.x, torch.tensor([3, 7])).tolist() == [v in (3, 7) for v in x]
    assert torch.isin(right.x, 3).tolist() == [v == 3 for v in x]
    assert torch.isin(right.x, 3, invert=True).tolist() == [v != 3 for v in x]
    assert torch.isin(right.x.float(), torch.tensor([3.0, 7.5])).tolist() == [v == 3 for v in x]


def test_argmax_of_no_match():
    """argmax of a comparison that is False everywhere is 0, and any() tells it apart."""
    x = torch.tensor([5, 3])
    assert (x == 8).int().argmax() == 0 == (x == 5).int().argmax()
    assert not (x == 8).any() and (x == 5).any()


def test_squeeze_of_one_hit(raises):
    """One hit has the shape () after squeeze and (1,) after flatten; no hit has (0,) after flatten."""
    x = torch.tensor([5, 3, 3])
    one = (x == 5).nonzero()
    assert one.squeeze().shape == () and one.flatten().shape == (1,)
    assert (x == 8).nonzero().shape == (0, 1) and (x == 8).nonzero().flatten().shape == (0,)
    with raises(TypeError, "iteration over a 0-d tensor"):
        list(one.squeeze())


def test_python_sets():
    """An element of a tensor is not found in a set of numbers; its number is, and `3 in x` works."""
    x = torch.tensor([5, 3, 7, 3])
    assert [v in {3, 7} for v in x] == [False] * 4
    assert [v in {3, 7} for v in x.tolist()] == [False, True, True, True]
    assert 3 in x and 8 not in x


def test_nan_and_bool(raises):
    """isin finds no NaN and raises for bool; isnan and integers do."""
    nan = torch.tensor([1.0, math.nan])
    assert torch.isin(nan, nan).tolist() == [True, False]
    assert nan.isnan().nonzero().flatten().tolist() == [1]
    with raises(RuntimeError, "Unsupported input type encountered for isin(): Bool"):
        torch.isin(torch.tensor([True]), torch.tensor([True]))
    assert torch.isin(torch.tensor([True]).int(), torch.tensor([1])).item()


def test_nonzero_static():
    """nonzero_static(size=k) gives k rows, cut off or padded with -1."""
    x = torch.tensor([0, 1, 0, 1])
    assert x.nonzero_static(size=3).tolist() == [[1], [3], [-1]]
    assert x.nonzero_static(size=1).tolist() == [[1]]


def test_floats(raises):
    """In float64, 0.1 + 0.2 does not equal 0.3, but a tolerance finds it; isclose takes a tensor, not a number."""
    x = torch.tensor([0.1, 0.5], dtype=torch.float64) + 0.2
    assert (x == 0.3).nonzero().numel() == 0
    assert ((x - 0.3).abs() < 1e-6).nonzero().flatten().tolist() == [0]
    with raises(TypeError, "argument 'other' (position 2) must be Tensor, not float"):
        torch.isclose(x, 0.3)
    assert torch.isclose(x, torch.tensor(0.3, dtype=torch.float64)).nonzero().flatten().tolist() == [0]


def test_index_is_something_else(raises):
    """x.index(v) raises."""
    if torch.__version__.startswith("2.6."):
        with raises(AttributeError, "'Tensor' object has no attribute 'index'"):
            torch.tensor([5, 3]).index(3)
    else:
        with raises(TypeError, "Tensor.index() missing 1 required positional argument: 'dims'"):
            torch.tensor([5, 3]).index(3)
