"""Proofs of amp-tips."""

import torch


def test_default(default):
    """What float16 cannot hold."""
    assert torch.tensor([2**-24, 2**-25]).half().tolist() == [2**-24, 0]  # the least, 6e-8
    assert default.squares[0].item() == round(255**2 / 32) * 32  # steps of 32 up there


def test_right(right):
    """Right: that part in float32."""
    assert right.gram.tolist() == [[4 * 300.0**2] * 2] * 2, right.gram.tolist()


def test_custom_fwd(custom_fwd):
    """An autograd.Function that insists on float32."""
    assert custom_fwd.y.tolist() == [300**2, 7**2] and custom_fwd.x.grad.tolist() == [
        2 * 300,
        -2 * 7,
    ]
