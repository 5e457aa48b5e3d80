"""Proofs of tb-graph."""

import torch


def test_default(default):
    """Write the graph and read its scopes back."""
    assert default.shape == list(default.Net()(default.x).shape)


def test_one_path(one_path):
    """A trace keeps only the branch it took."""
    assert torch.equal(
        one_path.traced(one_path.x) - one_path.forward(one_path.x), torch.tensor([20.0, 20.0])
    )
