"""Proofs of print-options."""


def test_default(default):
    """Precision, scientific notation, the left-out middle."""
    assert "..." in str(default.long)
