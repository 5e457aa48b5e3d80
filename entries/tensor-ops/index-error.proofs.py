"""Proofs of index-error."""


def test_default(default):
    """The last index is n - 1."""
    assert 0 <= default.label < default.scores.size(0)
    assert default.scores[5:9].numel() == 0 and default.scores[5:9].mean().isnan()


def test_right_dims(right_dims):
    """One-hot has the second dim."""
    assert (right_dims.labels == 1).long().tolist() == [0, 0, 1]
