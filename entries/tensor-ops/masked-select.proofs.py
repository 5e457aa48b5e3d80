"""Proofs of masked-select."""

import torch


def test_default(default):
    """Rows, flat values, same shape; and the integer mask."""
    assert torch.equal(default.boxes[default.keep], default.boxes[[0, 2]])
    assert torch.equal(
        default.boxes[default.as_index],
        torch.stack([default.boxes[1], default.boxes[0], default.boxes[1]]),
    )
