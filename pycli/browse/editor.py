"""The user's editor."""

from __future__ import annotations

import os
import shlex
import subprocess

DEFAULT = "vi"


def edit(path: str) -> str:
    """Open a file in the editor and wait until it is left; if it does not start, its name."""
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR") or DEFAULT
    try:
        subprocess.run([*shlex.split(named), path], check=False)
    except (OSError, ValueError):
        return named
    return ""
