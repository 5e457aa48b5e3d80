"""Proofs of illegal-memory."""

import math

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    seen = []
    model = nn.Linear(5, 2)
    model.register_forward_hook(lambda _, args, out: seen.append(args[0]))
    return {"torch": torch, "model": model, "x": torch.randn(5, 3).T, "seen": seen}


def test_answer(answer):
    """contiguous() copies a transposed tensor row by row, and device_of does nothing for a tensor on the CPU."""
    (given_to,) = answer.seen
    assert not answer.x.is_contiguous() and given_to.is_contiguous()
    assert given_to.stride() == (5, 1) and torch.equal(given_to, answer.x)
    torch.testing.assert_close(answer.out, answer.x @ answer.model.weight.T + answer.model.bias)


def test_default(default):
    """is_contiguous() and numel() tell what a kernel may not check, even for a tensor on the meta device."""
    assert default.images.stride() == (5 * 7 * 3, 1, 7 * 3, 3)
    assert default.scores.numel() == 70_000 * 40_000 > 2**31 > 50_000 * 40_000
    assert default.index.tolist() == [4, 0, 2]


def test_int32_overflow():
    """An int32 counts to 2**31 - 1; one more wraps to a negative number."""
    assert torch.iinfo(torch.int32).max == 2**31 - 1
    assert (torch.tensor([2**31 - 1], dtype=torch.int32) + 1).item() == -(2**31)


def test_aligned(aligned):
    """A slice of float32 that leaves out one element starts 4 bytes later, and a clone starts at an aligned address."""
    assert aligned.part.data_ptr() - aligned.x.data_ptr() == 4 == aligned.x.element_size()
    assert aligned.copy.data_ptr() % 16 == 0 and torch.equal(aligned.copy, torch.arange(1.0, 10.0))


def test_views_are_not_contiguous():
    """permute, .T, and slices of columns are not contiguous, except in special shapes: the elements stay where they are."""
    assert torch.zeros(1, 5).T.is_contiguous() and torch.zeros(1, 3)[:, :2].is_contiguous()
    x = torch.arange(6).reshape(2, 3)
    for view in (x.T, x.permute(1, 0), x[:, :2]):
        assert not view.is_contiguous() and view.data_ptr() == x.data_ptr()
    raw = torch.as_strided(x.T, (6,), (1,))  # what a kernel reads that assumes rows
    assert raw.tolist() == [0, 1, 2, 3, 4, 5] and x.T.flatten().tolist() == [0, 3, 1, 4, 2, 5]
    assert math.prod(x.T.shape) == len(raw)


def test_operators_check_their_indices(raises):
    """embedding and x[idx] check their indices."""
    with raises(IndexError, "index out of range in self"):
        nn.functional.embedding(torch.tensor([5]), torch.zeros(4, 2))
    with raises(IndexError, "index 5 is out of bounds"):
        torch.zeros(4)[torch.tensor([5])]
