"""Proofs of variable-deprecated."""


def test_default(default):
    """Today's forms."""
    assert not default.old.requires_grad and default.old.tolist() == [4.0, 8.0]
    assert default.loss.item() == 3 * (1.0 + 2.0)


def test_right(right):
    """no_grad builds no graph."""
    assert right.y.tolist() == [3.0, 6.0]
