"""Proofs of tensor-empty."""


def test_default(default):
    """A buffer that is filled batch by batch."""
    by_hand = [[a + 2 * b + c / 2, -b + 3 * c] for a, b, c in default.x.tolist()]
    assert default.scores.tolist() == by_hand  # the last, shorter batch as well


def test_wrong(wrong):
    """Wrong: add to memory that nobody has set."""
    assert wrong.total.isnan().all()


def test_right(right):
    """Right: start from zeros."""
    assert right.total.tolist() == [1 + 10, 2 + 20, 3 + 30]
