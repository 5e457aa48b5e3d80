"""Proofs of bincount."""

from collections import Counter
from itertools import groupby

import torch
import torch.nn.functional as F


def given():
    return {"torch": torch, "y": torch.tensor([[2, 0, 2], [3, 2, 0]]), "C": 6, "x": torch.tensor([[3, 4, 5], [1, 2, 9], [3, 4, 5], [0, 7, 0]])}


def test_answer(answer):
    """unique gives the distinct rows in sorted order and how often each occurs; values[inverse] is the input."""
    expected = sorted(Counter(tuple(row) for row in answer.x.tolist()).items())
    assert answer.rows.tolist() == [list(row) for row, _ in expected]
    assert answer.counts.tolist() == [count for _, count in expected]
    assert torch.equal(answer.values[answer.inverse], answer.y)
    assert answer.values.tolist() == sorted(set(answer.y.flatten().tolist()))


def test_bincount():
    """bincount counts 0, 1, 2, … up to the largest value, and at least minlength of them."""
    y = torch.randint(0, 7, (100,), generator=torch.Generator().manual_seed(0))
    assert torch.bincount(y, minlength=9).tolist() == [y.tolist().count(c) for c in range(9)]
    assert torch.bincount(y).tolist() == [y.tolist().count(c) for c in range(7)]
    assert torch.bincount(y, minlength=9).dtype == torch.int64
    for dtype in torch.uint8, torch.int32:
        assert torch.equal(torch.bincount(y.to(dtype)), torch.bincount(y))
    assert torch.bincount(y[:0], minlength=3).tolist() == [0, 0, 0]


def test_default(default):
    """With weights, bincount adds up the weights of each value."""
    y, scores = default.y.tolist(), default.scores.tolist()
    assert default.sums.tolist() == [sum(s for s, c in zip(scores, y, strict=True) if c == k) for k in range(5)]
    assert dict(zip(default.values.tolist(), default.counts.tolist(), strict=True)) == Counter(y)


def test_relabel(relabel):
    """return_inverse numbers arbitrary labels from 0, in the order of their values."""
    order = sorted(set(relabel.labels.tolist()))
    assert relabel.y.tolist() == [order.index(v) for v in relabel.labels.tolist()]


def test_rows(rows):
    """unique_consecutive joins only equal neighbors."""
    expected = [(value, len(list(group))) for value, group in groupby(rows.run.tolist())]
    assert list(zip(rows.values.tolist(), rows.lengths.tolist(), strict=True)) == expected
    assert rows.rows.tolist() == [[1, 2], [3, 4]] and rows.counts.tolist() == [1, 2]


def test_first_index(first_index, raises):
    """scatter_reduce with amin finds the first position of each value; unique has no return_index."""
    x = first_index.x.tolist()
    assert first_index.first.tolist() == [x.index(v) for v in sorted(set(x))]
    assert x[first_index.first.min()] == 30
    with raises(TypeError, "unexpected keyword argument 'return_index'"):
        torch.unique(first_index.x, return_index=True)


def test_first_index_of_many():
    """The same holds for 200 random values, integers or floats."""
    integers = torch.randint(-9, 9, (200,), generator=torch.Generator().manual_seed(1))
    for x in integers, integers.int(), integers / 4:
        values, inverse = torch.unique(x, return_inverse=True)
        place = torch.arange(len(x))
        first = place.new_full((len(values),), len(x)).scatter_reduce(0, inverse, place, "amin")
        assert first.tolist() == [x.tolist().index(v) for v in values.tolist()]


def test_other_dtypes():
    """unique takes floats, bools, and negative numbers, and sorts them."""
    assert torch.unique(torch.tensor([True, False, True])).tolist() == [False, True]
    assert torch.unique(torch.tensor([0.5, -2.0, 0.5])).tolist() == [-2.0, 0.5]
    assert torch.unique(torch.tensor([[3, -1], [2, 3]])).tolist() == [-1, 2, 3]


def test_right(right):
    """A mask keeps the labels from 0 on and flattens them."""
    assert torch.bincount(right.y[right.y >= 0], minlength=4).tolist() == [1, 0, 3, 0]


def test_shorter_without_minlength(raises):
    """Without minlength, counts of two batches have other lengths: the sum raises, or a length of 1 is broadcast."""
    with raises(RuntimeError, "The size of tensor a (3) must match the size of tensor b (2)"):
        torch.bincount(torch.tensor([0, 2])) + torch.bincount(torch.tensor([1, 0]))
    wrong = torch.bincount(torch.tensor([0, 2])) + torch.bincount(torch.tensor([0, 0]))
    assert wrong.tolist() == [3, 2, 3]


def test_no_upper_limit():
    """A label above minlength lengthens the result."""
    assert len(torch.bincount(torch.tensor([0, 255]), minlength=21)) == 256


def test_floats_are_exact():
    """unique compares floats exactly, and each NaN is a value of its own, which rounding does not change."""
    x = torch.tensor([0.1 + 0.2, 0.3], dtype=torch.float64)
    assert len(x.unique()) == 2 and len(x.round(decimals=6).unique()) == 1
    x = torch.tensor([float("nan"), float("nan"), 1.0])
    assert len(x.unique()) == len(x.round(decimals=6).unique()) == 3
    assert x[~x.isnan()].unique().tolist() == [1]


def test_no_gradient(raises):
    """backward() through bincount or unique raises; a sum of probabilities has a gradient."""
    with raises(RuntimeError, "derivative for aten::bincount is not implemented"):
        torch.bincount(torch.tensor([0, 1]), weights=torch.ones(2, requires_grad=True)).sum().backward()
    with raises(NotImplementedError, "the derivative for '_unique2' is not implemented"):
        torch.unique(torch.ones(3, requires_grad=True)).sum().backward()
    x = torch.tensor([3.0, 1.0, 3.0, 2.0], requires_grad=True)
    values, inverse = torch.unique(x.detach(), return_inverse=True)
    first = torch.full((3,), 4).scatter_reduce(0, inverse, torch.arange(4), "amin")
    assert x[first].tolist() == values.tolist() == [1, 2, 3]
    x[first].sum().backward()
    assert x.grad.tolist() == [1, 1, 0, 1]
    logits = torch.randn(4, 3, requires_grad=True)
    logits.softmax(dim=1).sum(dim=0)[1].backward()
    assert logits.grad.abs().max() > 0


def test_integers_only(raises):
    """bincount refuses floats, bools, and more than one dimension."""
    for bad, name in (torch.tensor([1.0]), "Float"), (torch.tensor([True]), "Bool"):
        with raises(RuntimeError, f"\"bincount_cpu\" not implemented for '{name}'"):
            torch.bincount(bad)
    with raises(RuntimeError, "bincount only supports 1-d non-negative integral inputs"):
        torch.bincount(torch.tensor([[1, 2]]))


def test_complex_has_no_unique(raises):
    """unique of complex numbers raises."""
    with raises(RuntimeError, "not implemented for 'ComplexFloat'"):
        torch.unique(torch.tensor([1j, 2.0]))


def test_counts_in_a_loss():
    """Counts of integer labels are constants: a loss may use them as class weights."""
    y = torch.tensor([0, 2, 2, 1])
    logits = torch.zeros(4, 3, requires_grad=True)
    counts = torch.bincount(y, minlength=3)
    assert not counts.requires_grad
    F.cross_entropy(logits, y, weight=1 / counts).backward()
    assert logits.grad.abs().max() > 0


def test_index_add_has_a_gradient():
    """index_add gives the sums that bincount gives with weights, and has a gradient."""
    y, weights = torch.tensor([2, 0, 2]), torch.tensor([1.0, 2.0, 4.0], requires_grad=True)
    sums = weights.new_zeros(4).index_add(0, y, weights)
    assert sums.tolist() == torch.bincount(y, weights=weights.detach(), minlength=4).tolist() == [2, 0, 5, 0]
    (sums * torch.tensor([3.0, 5.0, 7.0, 9.0])).sum().backward()
    assert weights.grad.tolist() == [7, 3, 7]
