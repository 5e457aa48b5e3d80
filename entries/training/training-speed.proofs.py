"""Proofs of training-speed."""


def test_default(default):
    """Is it the data or the computation?."""
    assert (
        default.data >= 24 * 0.01 and default.compute > 0 and default.seen == default.trained == 24
    )


def test_levers(levers):
    """The levers of the computation in one step."""
    assert levers.features.stride() == (8 * 3 * 3, 1, 8 * 3, 8)  # channels innermost
    assert levers.x.stride() == (3 * 5 * 5, 1, 3 * 5, 3)
    assert levers.model[0].weight.stride() == (3 * 3 * 3, 1, 3 * 3, 3)
