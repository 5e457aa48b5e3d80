"""Proofs of where."""

import math

import torch

ROWS = [[-2.0, 0.5, 3.0, math.nan], [1.0, -0.1, 0.0, 0.6]]


def given():
    return {"torch": torch, "x": torch.tensor(ROWS)}


def test_answer(answer):
    """torch.where chooses for each element, replaces NaN, and returns the indices of True."""
    first, last = [v if v > 0 else 0.1 * v for v in ROWS[0]], [v if v > 0 else 0.1 * v for v in ROWS[1]]
    torch.testing.assert_close(answer.y, torch.tensor([first, last]), equal_nan=True)
    assert answer.x[0, 3] == 0 and not answer.x.isnan().any()
    assert list(zip(answer.rows.tolist(), answer.columns.tolist(), strict=True)) == [(0, 2), (1, 0), (1, 3)]


def test_default(default):
    """torch.where(mask) returns one index tensor per dim, as mask.nonzero(as_tuple=True) does."""
    mask = default.x > 0
    rows, columns = mask.nonzero(as_tuple=True)
    assert torch.equal(rows, default.rows) and torch.equal(columns, default.columns)
    by_hand = [(r, c) for r, row in enumerate(default.x.tolist()) for c, v in enumerate(row) if v > 0]
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == by_hand
    assert mask.nonzero().tolist() == [list(pair) for pair in by_hand]


def test_dtype():
    """The result has the dtype that x and y promote to."""
    mask = torch.tensor([True, False])
    assert torch.where(mask, torch.tensor([1, 2]), 0.5).dtype == torch.float32
    assert torch.where(mask, torch.tensor([1, 2], dtype=torch.half), 0.5).dtype == torch.half
    assert torch.where(mask, torch.ones(2), torch.ones(2, dtype=torch.double)).dtype == torch.double
    assert torch.where(mask, 1, 0).dtype == torch.int64


def test_broadcasts():
    """The condition, x, and y broadcast with each other."""
    chosen = torch.where(torch.tensor([True, False, True]), torch.tensor([[1], [2]]), 0)
    assert chosen.tolist() == [[1, 0, 1], [2, 0, 2]]


def test_if_needs_one_value(raises):
    """Python's if needs one truth value for the whole tensor."""
    with raises(RuntimeError, "Boolean value of Tensor with more than one value is ambiguous"):
        if torch.tensor([1, -1]) > 0:
            raise AssertionError


def test_size_depends_on_the_data():
    """With three arguments the size is that of the inputs; with one it depends on the data."""
    for mask in (torch.tensor([True, True, False]), torch.tensor([False, False, False])):
        assert torch.where(mask, 1.0, 2.0).shape == (3,)
        assert torch.where(mask)[0].shape == (int(mask.sum()),)


def test_invalid(invalid):
    """torch.nan_to_num replaces NaN by 0 and an infinity by the largest finite number of its sign, or by the values that it is given."""
    assert torch.nan_to_num(invalid.x).tolist() == [1, 0, torch.finfo(torch.float32).max]
    assert torch.nan_to_num(-invalid.x)[2] == torch.finfo(torch.float32).min
    assert torch.nan_to_num(invalid.x, nan=-5.0, posinf=100.0).tolist() == [1, -5, 100]
    assert torch.where(invalid.x.isfinite(), invalid.x, -1.0).tolist() == [1, -1, -1]


def test_indices(indices):
    """nonzero() returns one row of indices for each element that is not zero."""
    assert all(indices.x[tuple(pair)] != 0 for pair in indices.x.nonzero().tolist())
    assert len(indices.x.nonzero()) == (indices.x != 0).sum()


def test_wrong(wrong):
    """The infinite slope of sqrt at 0 makes the gradient NaN, even where the other branch is taken."""
    assert wrong.y.tolist() == [0, 2]
    assert wrong.x.grad[0].isnan() and wrong.x.grad[1] == 1 / (2 * 4**0.5)


def test_right(right):
    """A safe input before the operation keeps the gradient finite."""
    assert right.y.tolist() == [0, 2] and right.x.grad.tolist() == [0, 1 / (2 * 4**0.5)]


def test_broadcasts_to_a_matrix():
    """A condition of shape (N, 1) with values of shape (N,) gives (N, N) and raises nothing."""
    values = torch.tensor([1.0, 2.0, 3.0])
    condition = torch.tensor([[True], [False], [True]])
    assert torch.where(condition, values, 0).tolist() == [[1, 2, 3], [0, 0, 0], [1, 2, 3]]


def test_condition_is_bool(raises):
    """A condition of integers or floats raises; a comparison and bool() are accepted."""
    values = torch.tensor([1.0, 2.0])
    for dtype in (torch.int64, torch.int32, torch.float32):
        condition = torch.tensor([1, 0], dtype=dtype)
        with raises(RuntimeError, "where expected condition to be a boolean tensor"):
            torch.where(condition, values, -values)
        assert torch.where(condition != 0, values, -values).tolist() == [1, -2]
        assert torch.where(condition.bool(), values, -values).tolist() == [1, -2]
