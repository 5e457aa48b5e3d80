"""Proofs of default-dtype."""


def test_default(default):
    """What follows the default and what does not."""
    assert default.kinds() == default.before and default.eps == 2.0**-52


def test_right(right):
    """Right: first the default, then the model."""
    assert (right.y - (1 + 2 + 4) / 10 - 0.5).abs().max() < 1e-14  # float32 would miss by 5e-8
