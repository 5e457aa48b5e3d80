"""Proofs of onnx-unsupported-op."""


def test_default(default):
    """Translate an operator of your own."""
    assert default.result == [[1 + 1, 8 + 2, -27 - 3]] == default.Net()(default.x).tolist()


def test_rewrite(rewrite):
    """Or write it with basic operations."""
    assert (
        rewrite.result
        == [[1**3 + 1, 2**3 + 2, (-3) ** 3 - 3]]
        == rewrite.Net()(rewrite.x).tolist()
    )
