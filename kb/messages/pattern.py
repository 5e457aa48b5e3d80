"""Patterns of error messages: plain text in which `{name}` or `…` stands for what varies.

There are no regular expressions in a pattern. Its fixed pieces are looked for one after the other, so
that matching takes time proportional to the text, whatever somebody writes into an entry.
"""

from __future__ import annotations

import re

from msgspec import Struct

WIDEST = 200
"""Characters that one placeholder may stand for."""

STARTS = 50
"""Places of the first fixed piece that are tried."""

MOST = 12
"""Placeholders that a pattern should have at most."""

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}|…")
_BLANKS = re.compile(r"\s+")
_TRAILING = re.compile(
    r"""[^\s,;()\[\]]*(?:\[[^\[\]]*\]|\((?:[^()\[\]]|\[[^\[\]]*\])*\))  # [2, 3] or Size([2, 3])
    | [^\s,;]*[^\s,;.:!?)\]'"]""",
    re.VERBOSE,
)


class Pattern(Struct, frozen=True):
    """A parsed pattern."""

    pieces: tuple[str, ...]
    """The fixed text, in lower case as by `lower`; one piece more than there are placeholders."""
    names: tuple[str, ...]
    """The placeholders between the pieces; empty for an anonymous one."""
    weight: int
    """Characters of fixed text: the more there are, the more specific is a match."""


class Match(Struct, frozen=True):
    """Where a pattern was found, and what its placeholders stood for."""

    start: int
    """The first character of the match in the prepared text, counted from 0."""
    values: dict[str, str]


class Prepared(Struct, frozen=True):
    """A text that is ready for matching, so that any number of patterns can be compared with it."""

    text: str
    """The text in one line, with single blanks."""
    lowered: str
    """The same without upper-case letters, character by character as long as `text`."""


def parse(text: str) -> Pattern:
    """Parse a pattern. Blanks of any kind and number count as one."""
    pieces, names, end = [], [], 0
    for found in _PLACEHOLDER.finditer(text):
        pieces.append(text[end : found.start()])
        names.append(found[1] or "")
        end = found.end()
    pieces.append(text[end:])
    fixed = tuple(lower(_BLANKS.sub(" ", piece)) for piece in pieces)
    return Pattern(fixed, tuple(names), sum(map(len, fixed)))


def prepare(text: str) -> Prepared:
    """Prepare a text for matching."""
    text = flat(text)
    return Prepared(text, lower(text))


def find(pattern: Pattern, prepared: Prepared) -> Match | None:
    """The first place where the pattern occurs in a text; case is ignored."""
    start = -1
    for _ in range(STARTS):
        start = prepared.lowered.find(pattern.pieces[0], start + 1)
        if start < 0:
            return None
        values = _values(pattern, prepared, start + len(pattern.pieces[0]))
        if values is not None:
            return Match(start, values)
    return None


def flat(text: str) -> str:
    """A message in one line, with single blanks."""
    return " ".join(text.split())


def lower(text: str) -> str:
    """A text in lower case and as long as before: `İ` is the only character that grows."""
    return text.replace("İ", "i").lower()


def _values(pattern: Pattern, prepared: Prepared, at: int) -> dict[str, str] | None:
    """What the placeholders stand for, if the pieces after the first follow from `at` on."""
    values: dict[str, str] = {}
    for name, piece in zip(pattern.names, pattern.pieces[1:], strict=True):
        if piece:
            end = prepared.lowered.find(piece, at, at + WIDEST + len(piece))
        else:  # a placeholder at the end: a list, or one word without the punctuation after it
            word = _TRAILING.match(prepared.text, at)
            end = word.end() if word else at
        if end < 0 or (name and end == at):
            return None
        if name:
            values[name] = prepared.text[at:end].strip()
        at = end + len(piece)
    return values
