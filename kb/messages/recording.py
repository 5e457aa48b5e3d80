"""What was seen, taken from an exception or from the records of a watched program."""

from __future__ import annotations

import os
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import msgspec
from msgspec import Struct

from kb import paths
from kb.messages.seen import Seen
from kb.scratch import throwaway

RECORDS = 500
"""Records that are read: those of one process, times those of many ranks."""

BYTES = 1 << 20
"""Bytes of one record that are read."""

_HOOK = paths.HERE / "messages" / "hook"
"""The folder that a watched Python finds its `sitecustomize` in."""


class _Record(Struct, frozen=True):
    message: str = ""
    frames: tuple[Seen, ...] = ()


class Recording:
    """A folder into which a watched program and those that it starts write what they saw, while the block
    lasts.

    with Recording() as recording:
        subprocess.run(command, env=recording.environment)
        library.why(stderr, frames=recording.frames())

    `folder` is where it lies. Pythons that ignore PYTHONPATH (`python -I`) or site-packages (`-S`) write
    nothing.
    """

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self.folder = self._stack.enter_context(throwaway("ptnote-why-"))
        return self

    def __exit__(
        self, type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def environment(self) -> dict[str, str]:
        """The environment of this process, and what makes a Python write its records."""
        searched = [str(_HOOK), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(searched),
            "PTNOTE_WITNESS": str(self.folder),
        }

    def frames(self) -> list[Seen]:
        """What was recorded so far, the latest last; a record that cannot be read is left out."""
        files = sorted(self.folder.glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
        found: list[Seen] = []
        for file in files[-RECORDS:]:
            with file.open("rb") as opened:
                found += _decoded(opened.read(BYTES))
        return found


def frames_of(error: BaseException) -> list[Seen]:
    """What stood on the program's own lines that an exception went through, outermost first."""
    from kb.messages.witness.stack import describe

    return _numbered(msgspec.convert(describe(error), _Record))


def _decoded(record: bytes) -> list[Seen]:
    try:
        return _numbered(msgspec.json.decode(record, type=_Record))
    except msgspec.MsgspecError:
        return []


def _numbered(record: _Record) -> list[Seen]:
    return [msgspec.structs.replace(one, message=record.message) for one in record.frames]
