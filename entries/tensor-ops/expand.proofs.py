"""Proofs of expand."""

import torch


def test_default(default):
    """Who copies, and in which order."""
    assert default.wide.data_ptr() == default.x.data_ptr()
    assert default.x.expand(4, 2, 3).shape == (4, 2, 3)  # new dims on the left
    assert default.repeated.data_ptr() != default.x.data_ptr()
    assert torch.equal(
        default.scale.expand_as(default.image), default.scale.expand(default.image.shape)
    )


def test_right(right):
    """Clone first."""
    assert right.x.is_contiguous()
