"""Proofs of contiguous."""

import torch


def test_default(default):
    """reshape copies when it must."""
    assert default.flat.tolist() == [0, 3, 1, 4, 2, 5]
    assert torch.equal(default.flat, default.turned.contiguous().view(6))
    assert (
        default.flat.data_ptr() != default.x.data_ptr()
        and default.x.reshape(6).data_ptr() == default.x.data_ptr()
    )
