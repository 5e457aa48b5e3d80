"""Proofs of ID."""

import torch


def given():
    return {"x": torch.tensor([[0, 1, 2], [3, 4, 5]])}


def test_answer(answer):
    """sum(dim=1) adds up the columns of each row and drops that dimension."""
    assert answer.total.tolist() == [0 + 1 + 2, 3 + 4 + 5]


def test_default(default):
    """The result has one dimension fewer than the input."""
    assert default.total.shape == (2,)


def test_what_goes_wrong(raises):
    """A dimension that the tensor does not have raises an IndexError."""
    with raises(IndexError, "Dimension out of range"):
        torch.ones(2, 3).sum(dim=2)
