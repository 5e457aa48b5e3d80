"""Proofs of buffer-vs-parameter."""


def test_right(right):
    """Right: register it as a buffer."""
    assert right.y.tolist() == [[5 * 2.0 + 7 * 1.0, 7 * 3.0]]


def test_right_parameter(right_parameter):
    """Right: compute first, wrap last."""
    assert len(list(right_parameter.model.parameters())) == 1, "nothing to train"
