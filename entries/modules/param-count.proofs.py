"""Proofs of param-count."""


def test_default(default):
    """All, trainable, and bytes."""
    assert default.total == (10 * 5 + 5) + 2 * 5 + (5 * 3 + 3)
    assert default.total - default.trained == 10 * 5 + 5 and default.weights == 4 * default.total


def test_tied(tied):
    """Tied weights and buffers."""
    assert tied.parameters == 6 * 6 + 2 * 6
    assert tied.stored == tied.parameters + 6 * 6 + (2 * 6 + 1)  # again, and the buffers
