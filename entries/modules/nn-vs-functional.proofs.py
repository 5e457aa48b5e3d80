"""Proofs of nn-vs-functional."""


def test_right(right):
    """Right: pass the module's mode."""
    assert set(right.y.tolist()) == {0.0, 1 / (1 - 0.75)}
