"""Proofs of permute."""

import torch


def test_default(default):
    """To NHWC and back."""
    assert (
        default.nhwc[1, 2, 3, 0] == default.x[1, 0, 2, 3]
        and default.nhwc.data_ptr() == default.x.data_ptr()
    )
    assert torch.equal(default.nhwc, default.x.movedim(1, -1))
    assert torch.equal(default.nhwc.permute(default.inverse), default.x)
    assert not torch.equal(default.nhwc.permute(default.order).reshape(-1), default.x.reshape(-1))
    assert torch.equal(default.x.mT, default.x.transpose(2, 3))


def test_right(right):
    """reshape copies when it must."""
    assert right.y.tolist() == [right.x[r, c] for c in range(3) for r in range(2)]
