"""Proofs of broadcasting."""


def test_default(default):
    """Which shapes fit, and what the result is."""
    table = default.column + default.row  # (2, 3)
    assert table.tolist() == [[c + r for r in (1, 2, 3)] for c in (10, 20)]


def test_right(right):
    """Make the shapes equal."""
    loss = (right.prediction.squeeze(1) - right.target).square().mean()
    assert loss == 0, f"a perfect prediction has loss {loss}"
