"""Proofs of empty-dataset."""


def test_default(default):
    """Find the files in every subfolder, and check that there are some."""
    assert sorted(sum(default.loader, [])) == ["a.jpg", "b.JPG", "c.jpeg"]


def test_right_len(right_len):
    """Right: a Dataset with __len__."""
    assert right_len.batches == [[0, 10], [20]]
