"""Proofs of shapes."""


def test_default(default):
    """One tensor, ten operations, and whether they copy."""
    assert default.results["view(3, 2)"].tolist() == [[0, 1], [2, 3], [4, 50]]
    assert default.results["permute(1, 0)"].tolist() == [[0, 3], [1, 4], [2, 50]]
    assert default.results["repeat(1, 2)"].tolist() == [[0, 1, 2] * 2, [3, 4, 5] * 2]
    assert default.results["flip(1)"].tolist() == [[2, 1, 0], [5, 4, 3]]
