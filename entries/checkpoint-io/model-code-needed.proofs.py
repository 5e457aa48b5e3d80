"""Proofs of model-code-needed."""

import torch


def test_default(default):
    """An exported program needs no class."""
    torch.testing.assert_close(default.program.module()(default.x), default.expected)


def test_right(right):
    """Right: save the state_dict, build what you have."""
    assert torch.equal(right.model.weight, right.saved.weight) and torch.equal(
        right.model.bias, right.saved.bias
    )


def test_right_module(right_module):
    """Right: rescue it under the old name, then save the state_dict."""
    state = torch.load("weights.pt", weights_only=True)
    assert [tuple(t.shape) for t in state.values()] == [(2, 3), (2,)]
