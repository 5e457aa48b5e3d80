"""Proofs of leaf-variable."""


def test_default(default):
    """Update under no_grad."""
    assert default.w.tolist() == [1 - 0.25 * 2, 2 - 0.25 * 4]


def test_right_view(right_view):
    """Write to a clone."""
    assert right_view.w.grad.tolist() == [0.0, 1.0]  # element 0 no longer depends on w
