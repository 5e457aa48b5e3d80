"""What a run has written, as lines, of which the last are kept."""

from __future__ import annotations

from collections import deque

from msgspec import Struct
from textual.content import Content

from kb import visible

KEPT = 2000
"""Lines that are kept; the beginning of an output that goes on and on is of no use to anybody."""

LONGEST = 4000
"""Characters of a line that are kept."""


class _Line(Struct):
    stream: str
    text: str


class Lines:
    """Output of two streams, in the order in which it came."""

    def __init__(self) -> None:
        self._lines: deque[_Line] = deque(maxlen=KEPT)
        self._open = False
        """Whether the last line has no end yet."""
        self.dropped = 0
        """Lines at the beginning that are no longer kept."""

    def add(self, stream: str, text: str) -> None:
        """Add what was written to a stream. What stands on a line before a carriage return is written over,
        as progress bars have it."""
        first, *others = text.replace("\r\n", "\n").split("\n")
        if first:
            self._write(stream, first)
        for part in others:
            if not self._open:
                self._begin(stream)
            self._open = False
            if part:
                self._write(stream, part)

    def _write(self, stream: str, text: str) -> None:
        if not self._open or self._lines[-1].stream != stream:
            self._begin(stream)
        line = self._lines[-1]
        joined = line.text + text
        _, _, over = joined.rstrip("\r").rpartition("\r")
        line.text = (over + "\r" if joined.endswith("\r") else over)[:LONGEST]

    def _begin(self, stream: str) -> None:
        self.dropped += len(self._lines) == KEPT
        self._lines.append(_Line(stream, ""))
        self._open = True

    def __len__(self) -> int:
        return len(self._lines)

    def drawn(self) -> Content:
        """The lines, those of stderr in another color. Nothing in them can command the terminal."""
        styles = {"stderr": "$text-warning"}
        shown = ((visible(line.text.rstrip("\r")), styles.get(line.stream, "")) for line in self._lines)
        return Content("\n").join(Content.styled(text, style) for text, style in shown)
