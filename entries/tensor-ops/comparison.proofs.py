"""Proofs of comparison."""

import math
import operator

import torch

ROWS = [[0.25, 0.75, -0.5], [1.5, 0.5, 0.0]]


def given():
    return {"x": torch.tensor(ROWS)}


def test_answer(answer):
    """& combines two masks, sum() counts, x[mask] selects, and masked_fill keeps the shape."""
    assert answer.mask.tolist() == [[0 < v < 1 for v in row] for row in ROWS]
    assert answer.found is True and answer.count == 3 and answer.selected.tolist() == [0.25, 0.75, 0.5]
    assert answer.zeroed.tolist() == [[v if 0 < v < 1 else 0 for v in row] for row in ROWS]


def test_default(default):
    """A comparison returns bool; sum() of the mask counts, and the mean of the mask as float is the share."""
    x = torch.tensor([[0.2, 0.9, -0.5], [1.5, 0.4, 3.0]])
    assert torch.equal(default.x, x) and default.mask.dtype == torch.bool
    assert default.mask.sum() == 3 and default.mask.float().mean() == 3 / 6
    assert x.masked_fill(~default.mask, 0).count_nonzero() == 3


def test_operators_and_functions():
    """>, >=, ==, <, <=, != are torch.gt, ge, eq, lt, le, ne; y is a tensor or a number and broadcasts."""
    x = torch.tensor([[1, 2, 3]])
    for name in ("gt", "ge", "eq", "lt", "le", "ne"):
        compare = getattr(operator, name)
        for y in (2, torch.tensor([[2]]), torch.tensor([[1], [2], [3], [4]])):
            result = compare(x, y)
            assert torch.equal(getattr(torch, name)(x, y), result)
            rows = y.tolist() if isinstance(y, torch.Tensor) else [[y]]
            assert result.tolist() == [[compare(v, row[0]) for v in (1, 2, 3)] for row in rows]


def test_equal_as_a_whole():
    """torch.equal returns a single bool."""
    x = torch.tensor([1, 2])
    assert torch.equal(x, torch.tensor([1, 2])) is True and torch.equal(x, torch.tensor([1, 3])) is False


def test_combining(raises):
    """&, |, and ~ combine masks, as logical_and, logical_or, and logical_not do; and, or, not, and chains raise."""
    x = torch.tensor([0.25, 0.75, -0.5])
    a, b = x > 0, x < 0.5
    assert (a & b).tolist() == torch.logical_and(a, b).tolist() == [True, False, False]
    assert (~a | b).tolist() == torch.logical_or(torch.logical_not(a), b).tolist() == [True, False, True]
    for wrong in (lambda: a and b, lambda: a or b, lambda: not a, lambda: 0 < x < 1, lambda: bool(x > 0)):
        with raises(RuntimeError, "Boolean value of Tensor with more than one value is ambiguous"):
            wrong()
    with raises(RuntimeError, "Boolean value of Tensor with no values is ambiguous"):
        bool(x[x > 9] > 0)
    assert not (torch.tensor([0.25]) > 0.5)  # one element has one truth value


def test_membership(membership, raises):
    """torch.isin tells for each element whether it is one of the values; it takes a tensor and no list."""
    with raises(TypeError, "invalid combination of arguments"):
        torch.isin(membership.labels, [2, 7])
    labels = [3, 0, 7, 2, 7]
    assert membership.labels.tolist() == labels
    assert torch.isin(membership.labels, torch.tensor([2, 7])).tolist() == [v in (2, 7) for v in labels]


def test_nan_and_floats(nan_and_floats):
    """NaN compares as False, even with itself, except in !=."""
    nan = torch.tensor(math.nan)
    for y in (nan, 0.0, math.inf, -math.inf):
        assert not any(f(nan, y) for f in (torch.gt, torch.ge, torch.lt, torch.le, torch.eq)) and torch.ne(nan, y)
    assert nan_and_floats.a.item() == 0.1 + 0.2 != 0.3 == nan_and_floats.b.item()


def test_exact_and_close(raises):
    """== on floats allows no rounding error; torch.isclose allows a small difference between tensors of one dtype."""
    a, b = torch.tensor([1.0, 1.0]), torch.tensor([1.0 + 2**-23, 1.5])
    assert (a == b).tolist() == [False, False] and torch.isclose(a, b).tolist() == [True, False]
    with raises(TypeError, "must be Tensor, not float"):
        torch.isclose(a, 1.0)
    with raises(RuntimeError, "Float did not match Double"):
        torch.isclose(a, b.double())


def test_parentheses(raises):
    """x > 0 & x < 1 is read as x > (0 & x) < 1, which raises for floats, and for more than one integer."""
    x = torch.tensor(ROWS)
    with raises(RuntimeError, "not implemented for 'Float'"):
        x > 0 & x < 1  # noqa: B015
    with raises(RuntimeError, "Boolean value of Tensor with more than one value is ambiguous"):
        torch.tensor([1, 2]) > 0 & torch.tensor([1, 2]) < 1  # noqa: B015


def test_numbers_wrap_around():
    """An int is converted to the dtype of an integer tensor: for uint8, 256 becomes 0 and -1 becomes 255; a float is not."""
    x = torch.tensor([0, 7, 255], dtype=torch.uint8)
    assert not (x < 256).any() and not (x > -1).any() and (x == -1).tolist() == [False, False, True]
    assert (x.int() < 256).all() and (x.int() > -1).all()
    assert (x < 256.0).all() and (x > -1.0).all() and (x < 0.5).tolist() == [True, False, False]
    assert (torch.tensor(0.1) == 0.1) and torch.tensor(0.1).item() != 0.1


def test_tilde_on_integers():
    """~ on an integer tensor flips its bits, ~1 is -2; on a bool tensor it negates."""
    x = torch.tensor([1, 0])
    assert (~x).tolist() == [-2, -1] and (~x.bool()).tolist() == [False, True]


def test_comparing_with_other_types():
    """x == [1, 2] and x == None are a single False; x == torch.tensor([1, 2]) is a mask."""
    x = torch.tensor([1, 2])
    assert (x == [1, 2]) is False and (x == None) is False  # noqa: E711
    assert (x == torch.tensor([1, 2])).tolist() == [True, True] and x is not None


def test_mean_of_a_mask(raises):
    """mean() of a bool tensor raises; float().mean() is the share of True."""
    mask = torch.tensor([True, False, True, True])
    with raises(RuntimeError, "could not infer output dtype"):
        mask.mean()
    assert mask.float().mean() == 3 / 4


def test_right(right):
    """any() is True if at least one element is, all() if every one is."""
    assert (right.x > 0).any() and not (right.x > 0).all() and (right.x > -1).all()
    assert right.x[right.x > 0].tolist() == right.x.tolist()[:2]
