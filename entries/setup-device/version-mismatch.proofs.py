"""Proofs of version-mismatch."""

import torch
from importlib import metadata


def test_default(default):
    """Do the versions found here belong together?."""
    assert default.trouble("2.13.0", torchvision="0.28.0", numpy="2.4.6") == []
    assert default.trouble("2.3.1", torchvision="0.18.1", numpy="2.0.0") == []
    installed = {d.metadata["Name"]: d.version for d in metadata.distributions()}
    pair = {name: installed.get(name) for name in ("torchvision", "numpy")}
    assert not default.trouble(str(torch.__version__), **pair), pair


def test_right(right):
    """With the operator defined first, as a fitting build does."""
    assert right.kept.is_meta and len(right.kept) == len(right.boxes)
