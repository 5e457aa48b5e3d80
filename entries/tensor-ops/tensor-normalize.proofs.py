"""Proofs of tensor-normalize."""

import torch


def test_default(default):
    """Three ways, with the dim written out."""
    torch.testing.assert_close(default.unit[1], default.x[1] / 10)
    torch.testing.assert_close(default.standard, default.expected)
    assert ((default.x - default.low) / (default.high - default.low))[0].tolist() == [
        (3 + 6) / 12,
        (4 + 8) / 16,
    ]


def test_wrong_dim(wrong_dim):
    """The default dim is 1."""
    torch.testing.assert_close(wrong_dim.default[0, 0].norm(), torch.tensor(4.0 / 9.0).sqrt())
    torch.testing.assert_close(wrong_dim.wanted.norm(dim=-1), torch.ones(2, 9))
