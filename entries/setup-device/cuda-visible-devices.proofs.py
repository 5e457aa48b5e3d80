"""Proofs of cuda-visible-devices."""


def test_default(default):
    """Hide all GPUs in a child process."""
    assert default.child.stdout == "'' 0 GPUs\n", default.child.stderr


def test_renumbered(renumbered):
    """How the visible ones are numbered."""
    assert renumbered.visible("0", 0) == [] and renumbered.visible("2, 5", 8) == [2, 5]
