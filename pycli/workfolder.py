"""The folder that a snippet works in where what it writes is shown, kept, or saved."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kb import Entry


class Workfolder:
    """A folder, and whether it stays when the work is done."""

    def __init__(self, path: Path, kept: bool) -> None:
        self.path, self.kept = path, kept


@contextlib.contextmanager
def workfolder(entry: Entry, kept: bool) -> Iterator[Workfolder]:
    """A working folder. When the block ends it goes, unless it was to be kept, or `kept` was set meanwhile;
    one that was to be kept and is still empty goes if the snippet could not be run."""
    # named before it is made, so that no signal can come between the two
    made = Workfolder(Path(tempfile.gettempdir(), f"ptnote-{entry.id[:80]}-{secrets.token_hex(6)}"), kept)
    try:
        made.path.mkdir(mode=0o700)
        yield made
    except BaseException:
        with contextlib.suppress(OSError):  # it holds something
            made.path.rmdir()
        raise
    finally:
        if not made.kept:
            shutil.rmtree(made.path, ignore_errors=True)
