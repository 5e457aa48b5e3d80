"""Proofs of max-dim."""

import math

import torch
from torch.utils._python_dispatch import TorchDispatchMode

ROWS = [[3, 9, 2, 4], [8, 1, 7, 5], [6, 0, 10, 11]]


def given():
    return {"torch": torch, "x": torch.tensor(ROWS), "a": torch.tensor([1, -5, 7]), "b": torch.tensor([4, -2, 3])}


def test_answer(answer):
    """max(dim=1) gives the largest value of each row and its index, amax over both dims one value."""
    assert answer.values.tolist() == [max(row) for row in ROWS]
    assert answer.indices.tolist() == [row.index(max(row)) for row in ROWS]
    assert answer.largest == 11 and answer.largest.shape == ()
    assert answer.y.tolist() == [4, -2, 7]


def test_default(default):
    """dim is the dim that goes away: dim=0 leaves one value per column, dim=1 one per row."""
    assert default.x.tolist() == ROWS
    for dim, lists in ((0, list(zip(*ROWS, strict=True))), (1, ROWS)):
        values, indices = default.x.max(dim=dim)
        assert values.tolist() == [max(v) for v in lists]
        assert indices.tolist() == [v.index(max(v)) for v in lists]
        assert default.x.min(dim=dim).values.tolist() == [min(v) for v in lists]
        assert default.x.sum(dim=dim).tolist() == [sum(v) for v in lists]
        assert default.x.double().mean(dim=dim).tolist() == [sum(v) / len(v) for v in lists]


def test_keepdim(keepdim):
    """keepdim=True keeps the dim with size 1; aminmax returns minimum and maximum together."""
    rows = [[1, 4, 2], [5, 10, 0]]
    assert keepdim.x.tolist() == rows
    assert keepdim.x.amax(dim=1, keepdim=True).tolist() == [[max(row)] for row in rows]
    assert keepdim.x.max(dim=1, keepdim=True).values.shape == (2, 1)
    assert keepdim.low.tolist() == [min(row) for row in rows] and keepdim.high.tolist() == [max(row) for row in rows]


def test_elementwise(elementwise):
    """maximum compares two tensors, clamp(min=...) a tensor and a number; maximum does not take a number."""
    assert torch.maximum(elementwise.a, elementwise.b).tolist() == [max(1, 4), max(-5, -2), max(7, 3)]
    assert elementwise.a.clamp(min=0).tolist() == [max(v, 0) for v in (1, -5, 7)]


def test_maximum_takes_tensors(raises):
    """torch.maximum does not take a number."""
    with raises(TypeError, "argument 'other' (position 2) must be Tensor, not int"):
        torch.maximum(torch.ones(2), 0)


def test_ties(ties):
    """For ties, max(dim) returns the first index and sends the gradient there; amax divides it evenly."""
    assert ties.x.tolist() == [2, 5, 5] and ties.x.max(dim=0).indices == 1
    x = torch.tensor([[7.0, 1.0, 7.0, 7.0]], requires_grad=True)
    assert torch.autograd.grad(x.max(dim=1).values.sum(), x)[0].tolist() == [[1, 0, 0, 0]]
    torch.testing.assert_close(
        torch.autograd.grad(x.amax(dim=1).sum(), x)[0], torch.tensor([[1 / 3, 0, 1 / 3, 1 / 3]])
    )


def test_pair_without_an_error():
    """Of the pair that max(dim) returns, == y is a single False, and * 2 a tuple of four."""
    x, y = torch.tensor([[3, 9], [8, 1]]), torch.tensor([9, 8])
    assert (x.max(dim=1) == y) is False
    assert [v.tolist() for v in x.max(dim=1) * 2] == [[9, 8], [1, 0]] * 2
    assert (x.max(dim=1).values == y).all()


def test_pairs(raises):
    """min, median, sort, and topk return pairs as well; item() is not a method of a pair."""
    x = torch.tensor([[3.0, 9.0, 4.0], [8.0, 1.0, 2.0]])
    for result in (x.max(dim=1), x.min(dim=1), x.median(dim=1), x.sort(dim=1), x.topk(2, dim=1)):
        assert len(result) == 2 and result[0] is result.values and result[1] is result.indices
        with raises(TypeError, 'can only concatenate tuple (not "int") to tuple'):
            result + 1
        with raises(AttributeError, "object has no attribute 'item'"):
            result.item()
        with raises(TypeError, 'can only concatenate tuple (not "Tensor") to tuple'):
            result + x


def test_other_named_tuples():
    """aminmax returns min and max, linalg.svd U, S, and Vh; neither has values or indices."""
    pair, parts = torch.aminmax(torch.tensor([3.0, 9.0, 4.0])), torch.linalg.svd(torch.eye(2))
    assert (pair.min.item(), pair.max.item()) == (3, 9) and parts.S.tolist() == [1, 1]
    assert not any(hasattr(result, name) for result in (pair, parts) for name in ("values", "indices"))


def test_nan_wins():
    """One NaN in a row makes its maximum and its minimum NaN; masked_fill leaves infinities, which nan_to_num changes."""
    x = torch.tensor([[1.0, math.nan, 3.0], [4.0, 5.0, 6.0]])
    for values in (x.max(dim=1).values, x.amax(dim=1)):
        assert values[0].isnan() and values[1] == 6
    for values in (x.min(dim=1).values, x.amin(dim=1)):
        assert values[0].isnan() and values[1] == 4
    assert x.max().isnan() and x.min().isnan()
    x = torch.cat([x, torch.tensor([[math.inf, math.nan, 7.0], [math.nan] * 3])])
    assert x.masked_fill(x.isnan(), -torch.inf).amax(dim=1).tolist() == [3, 6, math.inf, -math.inf]
    assert x.nan_to_num(nan=-torch.inf).amax(dim=1)[2] == torch.finfo(torch.float32).max


def test_python_max(raises):
    """Python's max raises on a matrix, because it compares rows, and on a vector it compares one pair after another, while
    x.max() is a single operation."""
    with raises(RuntimeError, "Boolean value of Tensor with more than one value is ambiguous"):
        max(torch.zeros(3, 4))
    x = torch.arange(1000.0)
    assert max(x) == x.max() == 999

    called = []

    class Listen(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            called.append(func.name())
            return func(*args, **(kwargs or {}))

    with Listen():
        x.max()
    assert called == ["aten::max"]
    with Listen():
        max(x)
    assert called.count("aten::gt.Tensor") == len(x) - 1


def test_right(right):
    """.values is the first of the pair."""
    assert (right.x.max(dim=1).values + 1).tolist() == [9 + 1, 8 + 1]
