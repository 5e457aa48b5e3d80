"""Proofs of tensor-info."""


def test_default(default):
    """Everything worth knowing, for three tensors."""
    batch, channels, length = default.x.shape  # unpacks as a tuple
    assert (
        (batch, channels, length)
        == (default.x.size(0), default.x.size(1), default.x.size(-1))
        == (4, 3, 5)
    )
    assert default.x.nbytes == 4 * 3 * 5 * 16 // 8 and default.x.shape.numel() == default.x.numel()
    assert isinstance(default.x.shape, tuple) and default.x.shape != [4, 3, 5]


def test_right(right):
    """Right: the attribute has brackets, the method parentheses."""
    assert right.flat.tolist() == [list(range(6 * n, 6 * n + 6)) for n in range(right.x.shape[0])]
