"""Proofs of reset-parameters."""

import torch


def test_default(default):
    """reset_parameters of every layer."""
    fresh = default.make_model()
    for (name, a), b in zip(default.model.state_dict().items(), fresh.state_dict().values()):
        assert torch.equal(a, b), name  # as if just built, buffers included


def test_initial_state(initial_state):
    """Go back to the same start."""
    assert (
        initial_state.first == initial_state.again
        and initial_state.first[0] == initial_state.other[0]
    )  # the same start each time


def test_right(right):
    """Right: build it anew."""
    assert not right.kept, "parameters kept their trained values"
