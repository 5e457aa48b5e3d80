"""Proofs of amp-deprecated."""


def test_default(default):
    """A training step with the current names."""
    assert default.model.weight[1].tolist() == [1 - 0.5 * g for g in (1 + 3, 2 + 0, 4 + 8)]
