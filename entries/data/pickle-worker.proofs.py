"""Proofs of pickle-worker."""


def test_default(default):
    """functools.partial of a function of the module."""
    assert sum(default.batches, []) == list(range(0, 12, 3))
