"""Proofs of scalar-convert."""


def test_default(default):
    """A list, one number, a certain one."""
    assert default.losses.mean().item() == (0.5 + 1.5 + 4.0) / 3
    assert float(default.losses[:1]) == 0.5  # exactly one element


def test_right_index(right_index):
    """One label at a time."""
    assert right_index.names[right_index.labels[1]] == "cat"  # a single element is allowed
