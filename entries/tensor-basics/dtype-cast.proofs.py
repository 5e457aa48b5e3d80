"""Proofs of dtype-cast."""

import torch


def test_default(default):
    """What each cast keeps and loses."""
    assert default.x.dtype == torch.float32  # x has not changed
    assert default.casts["long"].tolist() == [int(v) for v in default.x.tolist()]
    assert default.casts["round"].tolist() == [round(v) for v in default.x.tolist()]
    assert default.x.to(torch.float32) is default.x and default.x.double() is not default.x


def test_right(right):
    """Right: cast the data, not the model."""
    assert right.layer(right.x).tolist() == [[(1 + 2 + 4) / 2 + 1] * 2]


def test_wrong_wrap(wrong_wrap):
    """Wrong: arithmetic in uint8."""
    assert wrong_wrap.contrast.tolist() == [(v * 2 - 60) % 256 for v in [10, 100, 200]]


def test_right_wrap(right_wrap):
    """Right: float first, then clamp and go back."""
    assert (
        right_wrap.contrast.tolist() == [0, 100 * 2 - 60, 255]
        and right_wrap.contrast.dtype == torch.uint8
    )
