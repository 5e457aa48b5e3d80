"""Proofs of datasets."""


def test_default(default):
    """Two datasets, one split, different transforms."""
    assert {
        i for i, _ in (default.plain[j] for j in default.train.indices + default.val.indices)
    } == set(range(10))
    assert [x for x, _ in default.val] == [float(i) for i in default.order[7:]]  # not augmented
    assert [x - 0.5 for x, _ in default.train] == [float(i) for i in default.order[:7]]
