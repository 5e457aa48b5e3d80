"""Proofs of custom-dataset."""


def test_default(default):
    """One folder per class, read lazily."""
    assert default.data[4][0].tolist() == [[7.5] * 4] * 2
