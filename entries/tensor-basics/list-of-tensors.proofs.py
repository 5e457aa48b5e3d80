"""Proofs of list-of-tensors."""

import torch


def test_default(default):
    """stack, and pad_sequence for ragged rows."""
    assert default.padded.tolist() == [[1, 2, 3], [4, 5, 0]]
    assert torch.stack(default.losses).requires_grad and torch.stack(default.losses).tolist() == [
        3.0,
        7.0,
    ]


def test_right_strings(right_strings):
    """Numbers for names."""
    assert right_strings.index == {"cat": 0, "dog": 1}
