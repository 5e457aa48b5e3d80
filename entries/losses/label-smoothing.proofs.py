"""Proofs of label-smoothing."""

import torch
import torch.nn.functional as F


def test_default(default):
    """The built-in argument against the formula."""
    torch.testing.assert_close(default.loss, default.by_hand)
    assert default.loss != F.cross_entropy(default.logits, default.target)


def test_other_convention(other_convention):
    """The other convention: 0.9, and 0.1/(C-1) for the rest."""
    torch.testing.assert_close(other_convention.probabilities, other_convention.built_in)
    torch.testing.assert_close(
        other_convention.floor, -(other_convention.soft[0] * other_convention.soft[0].log()).sum()
    )
