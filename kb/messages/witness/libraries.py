"""Which files are not the program's own."""

from __future__ import annotations

LIBRARIES = ("site-packages", "dist-packages", "/lib/python", "\\lib\\", "<frozen ", "/torch/nn/modules/")
"""What stands in the paths of installed packages and of the standard library."""

SCRIPTS = ("/bin/torchrun", "/bin/accelerate", "/bin/deepspeed", "/bin/jupyter", "/bin/pytest")
"""How the paths of programs end that start others."""


def is_library(path: str) -> bool:
    """Whether a file belongs to an installed package or to the standard library."""
    return any(part in path.replace("Lib\\", "lib\\") for part in LIBRARIES) or path.endswith(SCRIPTS)
