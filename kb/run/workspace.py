"""The folder a snippet runs in, and what it leaves there."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from kb.content.entry import Entry, Proof, Snippet
from kb.errors import BadFile
from kb.run import guard, torch
from kb.run.proving import ProofReport, lay_out
from kb.scratch import throwaway

CAPTURE_LIMIT = 1 << 20
"""Bytes kept of each captured stream; what comes after is dropped."""

DROPPED = f"[… more than {CAPTURE_LIMIT >> 20} MiB; the rest was dropped]"
"""Stands behind a stream of which more came."""

FILE_LIMIT = 1 << 30
"""Bytes that a snippet whose output is captured may write to one file, that output included."""

FILES_LISTED, FOLDERS_SEARCHED = 20, 100
"""How many files a result names at most, and in how many folders they are looked for."""

FULL = 1 << 16
"""Bytes; a disk with fewer of them left is full."""

NAME_LENGTH = 80
"""Characters of an id that a file is named by; file systems allow 255 bytes in all."""


class Report(Struct, frozen=True, kw_only=True):
    """What a snippet's own process tells, see `child.py`. The snippet may have written it."""

    error: str = ""
    line: int = 0
    warned: bool = False
    """Whether the error is a warning that was made an error."""
    torch: str = ""
    device: str = ""
    code: int = 0
    """The exit code of the snippet, if proofs were run after it."""
    proving: str = ""
    """The proof in whose midst the process ended; empty if it came to its end."""
    proofs: tuple[ProofReport, ...] = ()


class Raw(Report, frozen=True, kw_only=True):
    """What came out of a child, before it is judged."""

    status: int
    """Exit code; minus the signal's number when a signal ended it."""
    seconds: float
    maxrss: int
    """Peak resident set in bytes."""
    timed_out: bool
    stdout: str = ""
    stderr: str = ""
    full: str = ""
    """The folder on whose disk no space was left, if that is so."""
    files: tuple[str, ...] = ()
    """What it left in its working folder, see `Result.files`."""


class Workspace(Struct, frozen=True):
    """The folder a snippet runs in, and beside it the files that say what happened."""

    folder: Path
    side: Path
    proofs: dict[str, Any] = {}
    """The job for `prove.py`, empty without proofs."""

    def job(self, strict: bool) -> dict[str, Any]:
        """What `child.py` needs to know of this run, see there."""
        return {
            "path": str(self.program),
            "report": str(self.side / "report"),
            "strict": strict,
            "ignored": torch.IGNORED_WARNINGS,
            "proofs": self.proofs,
        }

    @property
    def program(self) -> Path:
        """The snippet as a file; it lies outside the working folder, which starts empty."""
        return next(self.side.glob("*.py"))

    @property
    def scratch(self) -> Path:
        """The folder for temporary files of the snippet, and of the programs that run it."""
        return self.side / "t"

    def read(self, status: int, maxrss: int, timed_out: bool, seconds: float) -> Raw:
        """Gather what the child left."""
        unit = 1 if sys.platform == "darwin" else 1024
        report = self._report()
        return Raw(
            status=status,
            seconds=seconds,
            maxrss=maxrss * unit,
            timed_out=timed_out,
            stdout=_head(self.side / "stdout"),
            stderr=_head(self.side / "stderr").replace(f"{self.side}{os.sep}", ""),
            full=str(self.side.parent) if _is_full(self.side) else "",
            files=_files(self.folder),
            **{name: getattr(report, name) for name in Report.__struct_fields__},
        )

    def _report(self) -> Report:
        import msgspec

        try:
            report = msgspec.json.decode(_bytes(self.side / "report"), type=Report)
        except (msgspec.DecodeError, ValueError):
            return Report()
        return report if 0 <= report.line < 1 << 31 else Report()


@contextlib.contextmanager
def workspace(
    entry: Entry, snippet: Snippet, folder: Path | None = None, proofs: tuple[Proof, ...] = ()
) -> Iterator[Workspace]:
    """A fresh working folder with the snippet beside it, gone afterwards (but for a given one).

    Raises BadFile if it cannot be made.
    """
    with contextlib.ExitStack() as stack:
        try:
            side = stack.enter_context(throwaway(remove=guard.remove))
            proving = _furnish(side, entry, snippet, proofs)
        except OSError as error:
            reason = f"cannot make a folder for the run in {tempfile.gettempdir()}: {error.strerror}"
            raise BadFile(f"{reason}; free some space, or set TMPDIR to another folder") from error
        yield Workspace(folder or side / "work", side, proving)


def _furnish(side: Path, entry: Entry, snippet: Snippet, proofs: tuple[Proof, ...]) -> dict[str, Any]:
    for made in (side / "work", side / "t"):
        made.mkdir(mode=0o700)
    # the dash keeps the name from being imported in place of a package: tensorboard-default.py
    name = f"{entry.id[:NAME_LENGTH]}-{snippet.name[:NAME_LENGTH] or 'proofs'}.py"
    (side / name).write_text(snippet.code, encoding="utf-8")
    return lay_out(side / "proofs", entry, snippet, proofs)


def _files(folder: Path) -> tuple[str, ...]:
    """The first regular files below a folder, by names relative to it, those of the folder itself first."""
    found: list[str] = []
    left = [folder]
    for _ in range(FOLDERS_SEARCHED):
        if not left or len(found) >= FILES_LISTED:
            break
        with contextlib.suppress(OSError), os.scandir(left.pop(0)) as items:
            for item in sorted(items, key=lambda item: item.name):
                if item.is_dir(follow_symlinks=False):
                    left.append(Path(item.path))
                elif item.is_file(follow_symlinks=False):
                    name = os.path.relpath(item.path, folder)
                    found.append(name.encode("utf-8", "replace").decode())
    return tuple(found[:FILES_LISTED])


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < FULL
    except OSError:
        return False


def _bytes(path: Path) -> bytes:
    """The beginning of a file, one byte more than is kept; nothing if it is no longer a plain file, because
    the snippet has put something else in its place."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    with open(handle, "rb") as file:
        return file.read(CAPTURE_LIMIT + 1) if stat.S_ISREG(os.fstat(handle).st_mode) else b""


def _head(path: Path) -> str:
    kept = _bytes(path)
    text = kept[:CAPTURE_LIMIT].decode("utf-8", "replace").replace("\r\n", "\n")
    cut = len(kept) > CAPTURE_LIMIT
    return f"{text}\n{DROPPED}\n" if cut else text
