"""Which files are not the program's own."""

from __future__ import annotations

LIBRARIES = ("site-packages", "dist-packages", "/lib/python", "\\lib\\", "<frozen ", "/torch/nn/modules/")
"""What stands in the paths of installed packages and of the standard library."""


def is_library(path: str) -> bool:
    """Whether a file belongs to an installed package or to the standard library."""
    return any(part in path.replace("Lib\\", "lib\\") for part in LIBRARIES)
