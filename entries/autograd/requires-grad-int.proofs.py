"""Proofs of requires-grad-int."""


def test_default(default):
    """Numbers with a decimal point."""
    assert default.x.grad.tolist() == [3.0, 12.0, 27.0]


def test_right_later(right_later):
    """arange of a float."""
    assert right_later.x.grad.tolist() == [2.0] * 3
