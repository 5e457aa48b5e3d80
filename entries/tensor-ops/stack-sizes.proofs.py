"""Proofs of stack-sizes."""


def test_default(default):
    """Pad within the batch."""
    assert default.batch.tolist() == [[1, 2, 3], [4, 5, 0]]


def test_lengths(lengths):
    """Pad, and return the lengths."""
    assert lengths.lengths.tolist() == [3, 2] == (lengths.batch > 0).sum(dim=1).tolist()


def test_right_cat(right_cat):
    """Brought to one size first."""
    assert right_cat.joined.shape == (1, 2 + 3, 5, 5)
