"""Proofs of linear-shape."""


def test_default(default):
    """in_features is what one sample has after flatten."""
    assert default.net[2].in_features == default.net[0](default.images)[0].numel()
    assert default.lazy[2].in_features == 192
