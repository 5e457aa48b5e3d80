"""Proofs of tensorrt."""


def test_right(right):
    """Export the range that you will need."""
    (allowed,) = right.program.range_constraints.values()
    assert allowed.upper == 64
