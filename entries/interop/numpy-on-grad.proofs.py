"""Proofs of numpy-on-grad."""


def test_default(default):
    """detach, then numpy."""
    assert default.y[0] == 7
