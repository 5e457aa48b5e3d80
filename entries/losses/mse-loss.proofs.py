"""Proofs of mse-loss."""


def test_default(default):
    """Value and gradient by hand, and what an outlier does."""
    assert default.loss == (0.25 + 0 + 1 + 400) / 4
    assert default.gradient == [2 * d / 4 for d in (-0.5, 0, 1, -20)]
    assert default.robust == (0.5 * 0.25 + 0 + (1 - 0.5) + (20 - 0.5)) / 4
    assert default.pred.grad.tolist() == [d / 4 for d in (-0.5, 0, 1, -1)]


def test_wrong(wrong):
    """Wrong: (N, 1) against (N,)."""
    every_pair = [(p - t) ** 2 for p in (1, 2, 6) for t in (1, 2, 6)]
    assert abs(wrong.loss.item() - sum(every_pair) / 9) < 1e-6


def test_right(right):
    """Right: the same shape."""
    assert right.loss == 0 and not right.caught
