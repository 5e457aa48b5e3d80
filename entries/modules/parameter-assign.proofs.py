"""Proofs of parameter-assign."""


def test_default(default):
    """Copy values into the parameter."""
    assert default.layer.weight.tolist() == [[3.0 - 0.5 * 1.0, 4.0 - 0.5 * 2.0]]
