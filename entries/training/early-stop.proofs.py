"""Proofs of early-stop."""


def test_default(default):
    """Stop after three epochs without improvement, restore the best."""
    assert default.train(2) == default.train(2, 0.0) == (6, 4, 0.49)


def test_wrong(wrong):
    """Wrong: compare with the previous epoch."""
    assert wrong.epoch == len(wrong.losses) - 1  # never stopped


def test_right(right):
    """Right: compare with the best so far."""
    assert right.epoch == right.losses.index(min(right.losses)) + 2
