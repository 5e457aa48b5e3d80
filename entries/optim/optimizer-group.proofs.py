"""Proofs of optimizer-group."""


def test_right_groups(right_groups):
    """Add the same groups in the same order."""
    assert [right_groups.rates[id(p)] for p in right_groups.model.parameters()] == [
        0.25,
        0.25,
        0.5,
        0.5,
    ]


def test_right_twice(right_twice):
    """Leave the head out of the rest."""
    assert right_twice.sizes == [3 * 4 + 4, 4 * 2 + 2]
