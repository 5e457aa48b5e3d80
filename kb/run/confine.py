"""What a snippet may see and use up: environment variables, memory."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from kb.content.entry import Snippet
from kb.run.settings import Settings

SECRET = re.compile(
    r"TOKEN(?!IZ)|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|AUTH_SOCK"
    r"|_(?:KEY|PASS|PWD|PAT)$",
    re.IGNORECASE,
)
"""Names of environment variables that hold what opens other doors; `TOKENIZERS_PARALLELISM` does not."""

_ACCELERATORS = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
"""Devices of drivers for CUDA, also under Windows' Linux, and for ROCm, which torch calls cuda as well."""


def visible(variables: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """The environment variables that a snippet sees: all but those whose name looks like a secret, unless
    they were asked for."""
    return {
        name: value for name, value in variables.items() if name in settings.env or not SECRET.search(name)
    }


def memory(snippet: Snippet, settings: Settings) -> int:
    """The bytes of data that each process of a snippet may have; 0 for no limit.

    Without a setting it is all that this machine has. There is no limit where CUDA may be used, which
    reserves more than it uses.
    """
    device = snippet.requires.device or settings.device
    if device == "cuda":
        return 0
    if settings.memory:
        return settings.memory
    return 0 if device != "cpu" and any(map(os.path.exists, _ACCELERATORS)) else physical_memory()


def physical_memory() -> int:
    """The bytes of memory of this machine, or of the container this process runs in; 0 if unknown."""
    found = []
    with contextlib.suppress(ValueError, OSError):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    if sys.platform == "linux":
        with contextlib.suppress(ValueError, OSError):
            found.append(int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    return min(found, default=0)
