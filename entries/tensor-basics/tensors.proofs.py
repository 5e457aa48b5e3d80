"""Proofs of tensors."""


def test_default(default):
    """What each constructor gives."""
    assert default.made["tensor"].data_ptr() != default.made["from_numpy"].data_ptr()
    assert [t.shape.numel() for t in default.made.values()] == [6, 6, 6, 6, 1, 6]
    assert default.made["tensor"].flatten().tolist() == list(range(6))
    assert default.made["arange"].flatten().tolist() == [i / 2 for i in range(6)]


def test_right(right):
    """The small letter takes data."""
    assert right.batch.shape == () and right.batch.item() == 3, (
        f"it has shape {tuple(right.batch.shape)}"
    )
