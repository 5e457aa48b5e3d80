"""Proofs of saving."""


def test_right(right):
    """Save plain values."""
    assert right.loaded["config"] == right.config
