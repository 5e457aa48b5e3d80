"""Proofs of cudnn-benchmark."""


def test_right(right):
    """Right: pass enabled=True too."""
    assert right.inside == (True, True), f"enabled, benchmark = {right.inside}"
    assert (right.cudnn.enabled, right.cudnn.benchmark) == right.before
