"""Patterns of error messages: plain text in which `{name}` or `…` stands for what varies.

There are no regular expressions in a pattern. Its fixed pieces are looked for one after the other, so
that matching takes time proportional to the text, whatever somebody writes into an entry.
"""

from __future__ import annotations

import re

from msgspec import Struct

from kb.messages.plain import flat, lower

WIDEST = 200
"""Characters that one placeholder may stand for."""

STARTS = 50
"""Places of the first fixed piece that are tried."""

MOST = 12
"""Placeholders that a pattern should have at most."""

EDGE = 12
"""Characters with which a text must begin a pattern in its midst."""

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}|…")
_BLANKS = re.compile(r"\s+")
_WIDE = "\u3000-\u303f\uff00-\uffef"
_CHINESE = f"\u3400-\u9fff{_WIDE}"
"""Full-width punctuation, and Chinese with it, within brackets of a regular expression."""
_TRAILING = re.compile(
    rf"""[^\s,;()\[\]{_CHINESE}]*  # [2, 3] or Size([2, 3])
      (?:\[[^\[\]]*\]|\((?:[^()\[\]]|\[[^\[\]]*\])*\))
    | (?=[\u3400-\u9fff]|[^\s,;{_WIDE}]*[/\\])  # a path may be Chinese
      [^\s,;{_WIDE}]*[^\s,;.:!?)\]'"{_WIDE}]
    | [^\s,;{_CHINESE}]*[^\s,;.:!?)\]'"{_CHINESE}]""",
    re.VERBOSE,
)
"""One word, or a list. Chinese that somebody wrote right behind a message is no part of it."""


class Pattern(Struct, frozen=True):
    """A parsed pattern."""

    pieces: tuple[str, ...]
    """The fixed text, as by `lower`; one piece more than there are placeholders."""
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
    """The same as by `lower`, character by character as long as `text`."""


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


def part(pattern: Pattern, prepared: Prepared) -> int:
    """How many characters of the fixed text of a pattern a text holds that was cut off, at its start, at its
    end, or at both: "shapes cannot be multiplied (3x4 and". 0 if it does not fit into the pattern.

    What stands before the pattern's beginning, such as a name, does not matter if the text holds that.
    """
    text = prepared.lowered
    if any(text in piece for piece in pattern.pieces):
        return len(text)
    begun = [(number, _overlap(piece, text)) for number, piece in enumerate(pattern.pieces)]
    held = [_followed(pattern, prepared, number, at, at) for number, at in begun if at >= EDGE]
    first = pattern.pieces[0]
    at = text.find(first) + len(first)
    if at >= len(first):
        held.append(_followed(pattern, prepared, 0, at, len(first)))
    return max([_overlap(text, first), *held])


def _followed(pattern: Pattern, prepared: Prepared, number: int, at: int, held: int) -> int:
    """The `held` characters up to the place `at`, where the piece `number` ends, and those of the further
    pieces; 0 if another text follows before the text ends."""
    text = prepared.lowered
    for piece in pattern.pieces[number + 1 :]:
        found = text.find(piece, at, at + WIDEST + len(piece))
        if found < 0 or not piece:
            overlap = _overlap(text[at:], piece)
            value = prepared.text[at : len(text) - overlap].strip()
            return held + overlap if not value or _TRAILING.fullmatch(value) else 0
        held += len(piece)
        at = found + len(piece)
    return held


def _overlap(before: str, after: str) -> int:
    """How many characters at the end of one text are those at the start of the other."""
    most = min(len(before), len(after))
    return next((size for size in range(most, 0, -1) if before.endswith(after[:size])), 0)


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
