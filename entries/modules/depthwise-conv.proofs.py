"""Proofs of depthwise-conv."""


def test_default(default):
    """Each channel by itself, and what it saves."""
    assert (
        default.count(default.full) == 64 * 128 * 9
        and default.count(default.separable) == 64 * 9 + 64 * 128
    )
