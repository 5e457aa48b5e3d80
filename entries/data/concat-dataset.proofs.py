"""Proofs of concat-dataset."""


def test_default(default):
    """Two datasets, one index, labels mapped."""
    assert [x.item() for x, _ in default.both] == [1, 2, 3, 10, 20]
    assert default.plain == [0, 1, 0, 0, 1]  # without mapping, b's dog is called cat
