"""Proofs of bool-ambiguous."""

import dataclasses
import math

import torch
from torch import nn

AMBIGUOUS = "Boolean value of Tensor with more than one value is ambiguous"


def given():
    return {
        "torch": torch,
        "nn": nn,
        "x": torch.tensor([-1.0, 0.0, 0.5, 1.0]),
        "a": torch.tensor([1, 2]),
        "b": torch.tensor([1, 3]),
        "logits": torch.tensor([[2.0, 0.0], [0.0, 1.0]]),
        "target": torch.tensor([0, 1]),
    }


def test_answer(answer):
    """& works for each element, where chooses for each, equal gives one bool, and a constructed loss takes the data."""
    assert answer.inside.tolist() == [0 < v < 1 for v in (-1, 0, 0.5, 1)]
    assert answer.y.tolist() == [0, 0, 0.5, 0]
    assert answer.same is False and torch.equal(answer.a, answer.a.clone()) is True
    assert math.isclose(answer.loss, math.log(1 + math.exp(-2)) / 2 + math.log(1 + math.exp(-1)) / 2, rel_tol=1e-5)


def test_default(default):
    """any() is true if one element is, all() if every element is."""
    assert default.inside.any().item() is True and default.inside.all().item() is False


def test_right(right):
    """(0 < x) & (x < 1) equals Python's chained comparison of each number."""
    assert right.x.tolist() == [-1, 0, 0.5, 2]
    assert right.inside.tolist() == [0 < v < 1 for v in right.x.tolist()]


def test_who_asks(raises):
    """if, while, and, or, not, assert, chained comparisons, max, sorted, and in with a comparison ask for one truth value."""
    a, b = torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0])

    def branch():
        if a > 1:
            return 1

    def loop():
        while a > 1:
            return 1

    def demand():
        assert a > 1

    for ask in (
        branch,
        loop,
        demand,
        lambda: (a > 0) and (a < 1),
        lambda: (a > 0) or (a < 1),
        lambda: not a,
        lambda: 0 < a < 1,
        lambda: max(a, b),
        lambda: sorted([b, a]),
        lambda: b in [a, b],
    ):
        with raises(RuntimeError, AMBIGUOUS):
            ask()
    assert a in [a, b]  # the same object needs no comparison
    assert torch.maximum(a, b).tolist() == [1, 3]


def test_containers_that_compare(raises):
    """index of a list and == of tuples, dicts, and dataclasses compare tensors that are not the same object."""
    a, b = torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0])

    @dataclasses.dataclass
    class Sample:
        x: torch.Tensor

    for same in (lambda: [a, b].index(a) == 0, lambda: (a,) == (a,), lambda: {"x": a} == {"x": a}):
        assert same()
    for ask in (
        lambda: [a, b].index(b),
        lambda: (a,) == (b,),
        lambda: {"x": a} == {"x": b},
        lambda: Sample(a) == Sample(b),
    ):
        with raises(RuntimeError, AMBIGUOUS):
            ask()


def test_operators_for_each_element():
    """&, |, and ~ equal logical_and, logical_or, and logical_not on masks."""
    p, q = torch.tensor([True, True, False, False]), torch.tensor([True, False, True, False])
    assert torch.equal(p & q, torch.logical_and(p, q)) and (p & q).tolist() == [True, False, False, False]
    assert torch.equal(p | q, torch.logical_or(p, q)) and (~p).tolist() == [False, False, True, True]


def test_parentheses(raises):
    """Without parentheses, & binds more tightly than > and raises."""
    with raises(RuntimeError, "not implemented for 'Float'"):
        torch.tensor([0.5, 2.0]) > 0 & torch.tensor([0.5, 2.0])
    x = torch.tensor([1, 2])
    with raises(RuntimeError, AMBIGUOUS):
        x > 0 & x < 1


def test_right_loss(right_loss):
    """nn.CrossEntropyLoss()(logits, target) is the mean of -log softmax at the target."""
    by_hand = math.log(1 + math.exp(0 - 2)) / 2 + math.log(1 + math.exp(0 - 1)) / 2
    assert math.isclose(right_loss.loss.item(), by_hand, rel_tol=1e-5)


def test_one_element(raises):
    """A tensor with one element has a truth value, whatever its number of dims."""
    assert bool(torch.tensor([[3.0]])) is True and bool(torch.tensor([0.0])) is False
    for x in torch.zeros(2), torch.zeros(2, 1):
        with raises(RuntimeError, AMBIGUOUS):
            bool(x)


def test_python_any_stops_at_one_dim(raises):
    """Python's any() asks each element of a 1-D mask in turn, and raises for a 2-D mask; mask.any() takes both."""
    mask = torch.tensor([[False, True], [False, False]])
    assert any(mask[0]) is True and mask[0].any().item() is True
    with raises(RuntimeError, AMBIGUOUS):
        any(mask)
    assert mask.any().item() is True


def test_is_none():
    """if x: asks for the truth value of a tensor that was passed; x is not None does not."""
    x = torch.tensor(0.0)
    assert bool(x) is False and x is not None


def test_empty(raises):
    """An empty tensor has all() True, any() False, numel() 0, and no truth value."""
    x = torch.tensor([])
    assert x.all().item() is True and x.any().item() is False and x.numel() == 0
    with raises(RuntimeError, "Boolean value of Tensor with no values is ambiguous"):
        bool(x)
