"""Proofs of higher-order-grad."""

import torch


def test_default(default):
    """A gradient penalty."""
    norm = 9 * torch.tensor([16.0, 81.0]).sum()  # |first|^2 = 9 x^4 summed
    expected = 2 * (1 - 1 / norm.sqrt()) * default.first.detach() * 6 * default.x.detach()
    torch.testing.assert_close(default.of_penalty, expected)


def test_hessian(hessian):
    """A Hessian of a function."""
    assert hessian.hessian.tolist() == [[2 * 5.0, 2 * 2.0], [2 * 2.0, 6 * 5.0]]
