"""The folder that a snippet works in where what it writes is shown, kept, or saved."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from kb import Entry, throwaway


class Workfolder:
    """A folder, and whether it stays when the work is done."""

    def __init__(self, kept: bool) -> None:
        self.path, self.kept = Path(), kept

    def remove(self, folder: str) -> None:
        """Remove the folder unless it is kept."""
        if not self.kept:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def workfolder(entry: Entry, kept: bool) -> Iterator[Workfolder]:
    """A working folder. When the block ends it goes, unless it was to be kept, or `kept` was set meanwhile;
    one that was to be kept and is still empty goes if the snippet could not be run."""
    made = Workfolder(kept)
    with throwaway(f"ptnote-{entry.id[:80]}-", made.remove) as made.path:
        try:
            yield made
        except BaseException:
            with contextlib.suppress(OSError):  # it holds something
                made.path.rmdir()
            raise
