"""What a run writes, handed on while it writes it."""

from __future__ import annotations

import codecs
import contextlib
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

from kb.run.workspace import CAPTURE_LIMIT, DROPPED

PAUSE = 0.02
"""Seconds between two looks at what is new."""

Written = Callable[[str, str], None]
"""Called with the name of a stream, stdout or stderr, and what was written to it."""


class Stream:
    """The file that one stream of a run goes to."""

    def __init__(self, side: Path, name: str) -> None:
        self.name = name
        self._path, self._prefix = side / name, f"{side}{os.sep}"
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._handle = -1
        self._left = CAPTURE_LIMIT
        self._held = ""
        self._dropped = False

    def news(self, ended: bool) -> str:
        """What was written since the last call, without the folder of the run in names of files; a beginning
        of such a name at its end is held back until more is there, or the run has `ended`."""
        new = self._decoder.decode(self._read(), ended)
        text = (self._held + new).replace(self._prefix, "")
        kept = 0 if ended else _begun(text, self._prefix)
        self._held = text[len(text) - kept :]
        return text[: len(text) - kept]

    def close(self) -> None:
        """Close the file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _read(self) -> bytes:
        if self._handle < 0:
            with contextlib.suppress(OSError):
                self._handle = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        # the snippet may have put something else in the place of the file
        if self._handle < 0 or not stat.S_ISREG(os.fstat(self._handle).st_mode):
            return b""
        new = os.read(self._handle, self._left)
        self._left -= len(new)
        if not (self._left or self._dropped) and os.read(self._handle, 1):
            self._dropped = True
            new += f"\n{DROPPED}\n".encode()
        return new


class Follower:
    """Hands on what is written in the folder of a run, by a thread of its own, until it is left."""

    def __init__(self, side: Path, written: Written) -> None:
        self._streams = [Stream(side, name) for name in ("stdout", "stderr")]
        self._written = written
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Follower:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._ended.set()
        self._thread.join()

    def _follow(self) -> None:
        try:
            while not self._ended.wait(PAUSE):
                self._hand_on(ended=False)
            self._hand_on(ended=True)
        finally:
            for stream in self._streams:
                stream.close()

    def _hand_on(self, ended: bool) -> None:
        for stream in self._streams:
            if text := stream.news(ended):
                self._written(stream.name, text)


def _begun(text: str, word: str) -> int:
    """How many characters at the end of a text are the beginning of a word."""
    return next(
        (size for size in range(min(len(word) - 1, len(text)), 0, -1) if text.endswith(word[:size])), 0
    )
