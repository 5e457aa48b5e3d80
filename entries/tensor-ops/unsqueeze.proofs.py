"""Proofs of unsqueeze."""

import torch


def test_default(default):
    """Places, negative places, and None."""
    assert torch.equal(default.x[None], default.x.unsqueeze(0))
    assert torch.equal(default.x[:, None], default.x.unsqueeze(1))
    assert torch.equal(default.x[..., None], default.x.unsqueeze(-1))
    assert default.x[1, 2] == 50 and default.row.data_ptr() == default.x.data_ptr()
    assert default.table.tolist() == [[i * j for j in (10, 20, 30)] for i in (1, 2)]


def test_right(right):
    """The method, or the function."""
    assert torch.equal(torch.unsqueeze(right.x, dim=0), right.x.unsqueeze(0))
