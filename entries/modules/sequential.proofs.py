"""Proofs of sequential."""


def test_right(right):
    """Unpack it."""
    assert list(right.model) == right.layers
