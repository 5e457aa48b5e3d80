"""Proofs of nan-hunting."""


def test_default(default):
    """Name the first layer that goes wrong."""
    assert default.found[0] == "2 Log" and default.found[1:] == ["3 Linear"]
    assert all(default.finite.values())  # the weights are still good: stop before step()


def test_wrong(wrong):
    """Wrong: where() hides the value, not the gradient."""
    assert wrong.y.isfinite().all() and wrong.x.grad[0].isnan() and wrong.x.grad[1] == 0.25


def test_right(right):
    """Right: make the input safe first."""
    assert right.y.tolist() == [0.0, 2.0] and right.x.grad.tolist() == [0.0, 0.25]
