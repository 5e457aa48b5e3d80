"""Proofs of cuda-arch."""


def test_default(default):
    """Does a build hold code for a card?."""
    assert [default.runs(c, ["sm_86"]) for c in ((8, 5), (8, 6), (9, 6))] == [False, True, False]
    assert not default.runs((8, 9), ["compute_90"]) and default.runs((9, 0), ["compute_90"])
