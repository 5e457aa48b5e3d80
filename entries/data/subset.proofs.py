"""Proofs of subset."""

from torch.utils.data import Subset


def test_default(default):
    """One class, and one fold of three."""
    nested = Subset(default.zeros, [2, 0])  # indices into the subset, not into the data
    assert [word for word, _ in (nested[0], nested[1])] == ["word5", "word0"]


def test_right(right):
    """Go through the indices."""
    assert [y for _, y in (right.part[0], right.part[1])] == [1, 2]
