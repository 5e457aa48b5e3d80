"""Proofs of state-dict-keys."""


def test_default(default):
    """Names, shapes, and what are buffers."""
    assert set(default.model.state_dict()) == default.parameters | default.buffers - {"cache"}


def test_right(right):
    """Copy them."""
    assert right.total == 6, f"the best weights now sum to {right.total:.0f}"
