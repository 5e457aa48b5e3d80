"""Proofs of scalar-backward."""

import torch


def test_default(default):
    """One number: the mean."""
    torch.testing.assert_close(default.x.grad, 2 * default.x.detach() / 3)


def test_vector(vector):
    """gradient=v gives v times the Jacobian."""
    jacobian = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 8.0]])  # (2, 3)
    assert torch.equal(vector.x.grad, vector.v @ jacobian)
