"""Proofs of coco-index."""


def test_default(default):
    """Build both maps, and tensors for one image."""
    assert default.corners.tolist() == [[10, 20, 10 + 30, 20 + 5], [2, 2, 2 + 8, 2 + 9]]
