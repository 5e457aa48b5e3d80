"""Proofs of split-backbone."""

import torch


def test_default(default):
    """Cut by name, compare with the whole."""
    torch.testing.assert_close(default.head(default.maps), default.model(default.x))
    assert default.parts.keys() == default.model.state_dict().keys()


def test_right(right):
    """Right: Flatten is a stage of the head."""
    torch.testing.assert_close(
        right.head(right.maps)[1], right.head.fc.weight.sum(dim=1) + right.head.fc.bias
    )
