"""Proofs of custom-layer."""

import torch


def test_default(default):
    """A linear layer with a learned scale per output."""
    torch.testing.assert_close(
        default.layer.scale.grad, (default.x @ default.same.weight.T).sum(dim=0)
    )


def test_wrong(wrong):
    """Wrong: a plain tensor is not part of the layer."""
    assert wrong.layer(torch.ones(2, 3)).sum().item() == 12


def test_right(right):
    """Right: nn.Parameter."""
    assert right.layer(torch.ones(2, 3)).sum().item() == 12
