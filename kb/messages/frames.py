"""From a traceback to the line of the reader's own code in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from kb.messages.failures import Line
from kb.messages.witness.libraries import is_library

DEEPEST = 400
"""Lines above an exception among which its traceback is looked for."""

_START = "Traceback (most recent call last)"
_FRAME = re.compile(r'\bFile "(?P<path>[^"]+)", line (?P<line>\d+)')
_CELL = re.compile(r"(?P<path>\bCell In ?\[\d+\]), line (?P<line>\d+)")
_MODULE = re.compile(r"\bFile (?P<path>[^\s\"]+):(?P<line>\d+), in ")
_ARROW = re.compile(r"-+> \d+ (?P<code>.*)")


class Frame(Struct, frozen=True):
    """A line of a program that a traceback names."""

    path: str
    """As the traceback has it; `Cell In[3]` in a notebook."""
    line: int
    """Counted from 1."""
    code: str = ""
    """The line itself; empty if the traceback does not show it."""


def own_frame(lines: Sequence[Line], below: int) -> Frame | None:
    """The frame nearest to the exception in line number `below` that is no library's.

    Only the traceback right above the exception is read. None if there is none, or if all of its frames are
    those of libraries.
    """
    if not lines:
        return None
    end = below - lines[0][0]
    for at in range(end - 1, max(end - DEEPEST, 0) - 1, -1):
        line = lines[at][1]
        if _START in line:
            return None
        found = _FRAME.search(line) if 'File "' in line else _notebook(line)
        if found is None:
            continue
        path = found["path"]
        if not is_library(path):
            return Frame(path, int(found["line"]), _code([text for _, text in lines[at + 1 : end]], found))
    return None


def _notebook(line: str) -> re.Match[str] | None:
    if "Cell In" in line:
        return _CELL.search(line)
    return _MODULE.search(line) if ", in " in line else None


def _code(after: list[str], frame: re.Match[str]) -> str:
    """The source line that a frame shows: right below it, or behind an arrow in a notebook."""
    if frame.re is _FRAME:
        below = after[0][frame.start() :] if after else ""  # a launcher's prefix stands before both
        return "" if _FRAME.search(below) else below.strip()
    for text in after:
        if arrow := _ARROW.search(text):
            return arrow["code"].strip()
        if _notebook(text):
            break
    return ""
