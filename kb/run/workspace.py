"""The folder a snippet runs in, and what it leaves there."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from kb.content.entry import Entry, Snippet
from kb.run import torch

CAPTURE_LIMIT = 1 << 20
"""Bytes kept of each captured stream; what comes after is dropped."""

FILE_LIMIT = 1 << 30
"""Bytes that a snippet whose output is captured may write to one file, that output included."""


class Raw(Struct, frozen=True, kw_only=True):
    """What came out of a child, before it is judged."""

    status: int
    """Exit code; minus the signal's number when a signal ended it."""
    seconds: float
    maxrss: int
    """Peak resident set in bytes."""
    timed_out: bool
    stdout: str = ""
    stderr: str = ""
    error: str = ""
    line: int = 0
    warned: bool = False
    """Whether the error is a warning that was made an error."""
    torch: str = ""
    device: str = ""


class Workspace(Struct, frozen=True):
    """The folder a snippet runs in, and beside it the files that say what happened."""

    folder: Path
    side: Path

    def job(self, strict: bool, limit: int) -> dict[str, Any]:
        """What `child.py` needs to know of this run, see there; a file may have `limit` bytes."""
        return {
            "path": str(self.program),
            "report": str(self.side / "report"),
            "strict": strict,
            "ignored": torch.IGNORED_WARNINGS,
            "limit": limit,
        }

    @property
    def program(self) -> Path:
        """The snippet as a file; it lies outside the working folder, which starts empty."""
        return next(self.side.glob("*.py"))

    def read(self, status: int, maxrss: int, timed_out: bool, seconds: float) -> Raw:
        """Gather what the child left."""
        try:
            facts = json.loads((self.side / "report").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            facts = {}
        unit = 1 if sys.platform == "darwin" else 1024
        return Raw(
            status=status,
            seconds=seconds,
            maxrss=maxrss * unit,
            timed_out=timed_out,
            stdout=_head(self.side / "stdout"),
            stderr=_head(self.side / "stderr").replace(f"{self.side}{os.sep}", ""),
            **facts,
        )


@contextlib.contextmanager
def workspace(entry: Entry, snippet: Snippet, folder: Path | None = None) -> Iterator[Workspace]:
    """A fresh working folder with the snippet beside it, gone afterwards (but for a given one)."""
    side = Path(tempfile.mkdtemp(prefix="ptnote-"))
    try:
        # the dash keeps the name from being imported in place of a package: tensorboard-default.py
        (side / f"{entry.id}-{snippet.name}.py").write_text(snippet.code, encoding="utf-8")
        (side / "work").mkdir()
        yield Workspace(folder or side / "work", side)
    finally:
        shutil.rmtree(side, ignore_errors=True)


def _head(path: Path) -> str:
    try:
        with path.open("rb") as file:
            kept = file.read(CAPTURE_LIMIT)
            cut = bool(file.read(1))
    except OSError:
        return ""
    text = kept.decode("utf-8", "replace").replace("\r\n", "\n")
    return f"{text}\n[… more than {CAPTURE_LIMIT >> 20} MiB; the rest was dropped]\n" if cut else text
