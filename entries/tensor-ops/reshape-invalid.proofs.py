"""Proofs of reshape-invalid."""

import torch


def test_default(default):
    """Keep the batch, flatten the rest."""
    assert (
        torch.equal(default.flat, default.features.view(default.features.size(0), -1))
        and default.flat.numel() == 24
    )
