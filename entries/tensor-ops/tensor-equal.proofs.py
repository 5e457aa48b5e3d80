"""Proofs of tensor-equal."""

import torch


def test_default(default):
    """Exact, close, and the message of assert_close."""
    assert (torch.ones(2, 3) == torch.ones(3)).all()  # broadcasts
    assert not torch.equal(torch.ones(2, 3), torch.ones(3))  # other shapes
    assert torch.equal(torch.tensor([1, 2]), torch.tensor([1.0, 2.0]))  # other dtypes


def test_right(right):
    """Cast first."""
    assert not torch.allclose(torch.ones(3), torch.full((3,), 1 + 2e-5))  # beyond rtol
    assert torch.allclose(torch.ones(3), torch.full((3,), 1 + 5e-6))
