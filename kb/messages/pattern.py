"""Patterns of error messages: plain text in which `{name}` or `…` stands for what varies.

No regular expressions: the fixed pieces of a pattern are looked for one after the other, so that
matching takes time proportional to the text, whatever somebody writes into an entry.
"""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

WIDEST = 200
"""Characters that one placeholder may stand for."""

STARTS = 50
"""Places of the first fixed piece that are tried."""

MOST = 12
"""Placeholders that a pattern should have at most."""

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}|…")
_TRAILING = re.compile(
    r"""[^\s,;()\[\]]*(?:\[[^\[\]]*\]|\((?:[^()\[\]]|\[[^\[\]]*\])*\))  # [2, 3] or Size([2, 3])
    | [^\s,;]*[^\s,;.:!?)\]'"]""",
    re.VERBOSE,
)


class Pattern(Struct, frozen=True):
    """A pattern, taken apart."""

    pieces: tuple[str, ...]
    """What stands fixed, in lower case; one more than there are placeholders."""
    names: tuple[str, ...]
    """The placeholders between the pieces; empty for an anonymous one."""

    @property
    def weight(self) -> int:
        """How much text is fixed: the more, the more a match tells."""
        return sum(len(piece) for piece in self.pieces)


class Match(Struct, frozen=True):
    """Where a pattern was found, and what its placeholders stood for."""

    start: int
    values: dict[str, str]


@lru_cache(maxsize=4096)
def compiled(text: str) -> Pattern:
    """Take a pattern apart. Blanks of any kind and number count as one."""
    pieces, names, end = [], [], 0
    for found in _PLACEHOLDER.finditer(text):
        pieces.append(text[end : found.start()])
        names.append(found[1] or "")
        end = found.end()
    pieces.append(text[end:])
    return Pattern(tuple(_plain(piece) for piece in pieces), tuple(names))


def find(pattern: Pattern, text: str) -> Match | None:
    """The first place where the pattern occurs in a text that `flat` has made; case is ignored."""
    lowered = _plain(text)
    start = -1
    for _ in range(STARTS):
        start = lowered.find(pattern.pieces[0], start + 1)
        if start < 0:
            return None
        values = _rest(pattern, lowered, text, start + len(pattern.pieces[0]))
        if values is not None:
            return Match(start, values)
    return None


def flat(text: str) -> str:
    """A message in one line, with single blanks."""
    return " ".join(text.split())


def _rest(pattern: Pattern, lowered: str, text: str, at: int) -> dict[str, str] | None:
    values: dict[str, str] = {}
    for name, piece in zip(pattern.names, pattern.pieces[1:], strict=True):
        if piece:
            end = lowered.find(piece, at, at + WIDEST + len(piece))
        else:  # a placeholder at the end: a list, or one word without the punctuation after it
            word = _TRAILING.match(text, at)
            end = word.end() if word else at
        if end < 0 or (name and end == at):
            return None
        if name:
            values[name] = text[at:end].strip()
        at = end + len(piece)
    return values


def _plain(text: str) -> str:
    lowered = re.sub(r"\s+", " ", text).lower()
    return lowered if len(lowered) == len(re.sub(r"\s+", " ", text)) else re.sub(r"\s+", " ", text)
