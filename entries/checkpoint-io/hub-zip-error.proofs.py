"""Proofs of hub-zip-error."""

from pathlib import Path


def test_right(right):
    """Right: delete it, download again."""
    assert right.cached.read_bytes() == Path("net.pt").read_bytes()
