"""Proofs of layer-cheatsheet."""


def test_default(default):
    """Shapes in, shapes out, and parameters."""
    assert default.counts["Conv2d"] == 4 * 3 * 3 * 3 + 4  # out × in × k × k + bias
    assert default.counts["Linear"] == 7 * 6 + 7
    assert default.counts["LSTM"] == 4 * 4 * ((6 + 4 + 2) + (4 + 4 + 2))  # four gates, two layers
    assert default.counts["MultiheadAttention"] == 4 * (6 * 6 + 6)
