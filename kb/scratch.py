"""Folders that last as long as one task."""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals whose handlers may raise."""


def _remove(folder: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def throwaway(prefix: str = "ptnote-", remove: Callable[[str], object] = _remove) -> Iterator[Path]:
    """A new folder in that for temporary files, readable by its owner alone, which `remove` removes when the
    block ends. Raises OSError if it cannot be made.

    A signal whose handler raises may come at any moment: between the folder and the block, or in the midst of
    removing. What the block has left then is removed when the process exits.
    """
    # the name is chosen before the folder is made, so that it is known to the exit by then; nobody can guess
    # it and be there first
    folder = Path(_temporary(), f"{prefix}{secrets.token_hex(6)}")
    owner = os.getpid()

    def clear() -> None:
        if os.getpid() == owner:  # a fork that exits has nothing to remove
            remove(str(folder))

    atexit.register(clear)
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        clear()
        atexit.unregister(clear)


def _temporary() -> str:
    """The folder for temporary files. Python tries it out with a file, and would leave that behind if a
    handler raised just when it is open; so signals wait."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        return tempfile.gettempdir()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
