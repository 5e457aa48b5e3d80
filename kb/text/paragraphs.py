"""Join the source lines of a paragraph, in either language, into one.

YAML text is wrapped for editors. English lines join with a space; between Chinese characters, and
next to full-width punctuation, there must be none.
"""

from __future__ import annotations

import re

_WIDE = (("\u2e80", "\u9fff"), ("\uf900", "\uffef"))
"""Ranges of characters that Chinese text is written with, punctuation included."""

_PUNCTUATION = (
    ("\u3000", "\u303f"),
    ("\uff00", "\uff0f"),
    ("\uff1a", "\uff20"),
    ("\uff3b", "\uff40"),
    ("\uff5b", "\uff65"),
)
"""Ranges of full-width punctuation, which brings its own space."""


def paragraphs(markdown: str) -> list[str]:
    """The paragraphs and list items of a text, each as one line; fenced code stays as it is."""
    found: list[str] = []
    for block in re.split(r"\n\s*\n", markdown.strip("\n")):
        if block.lstrip().startswith("```"):
            found.append(block)
            continue
        items = re.split(r"\n(?=\s*(?:[-*]|\d+\.)\s)", block)
        found += [_joined(item.strip()) for item in items]
    return [one for one in found if one]


def _joined(item: str) -> str:
    first, *rest = (line.strip(" \t") for line in item.split("\n"))
    joined = first
    for line in rest:
        joined += line if _meet_without_space(joined[-1:], line[:1]) else f" {line}"
    return joined


def _meet_without_space(left: str, right: str) -> bool:
    """Whether two characters at the ends of adjacent lines join directly."""
    if left.isascii() and right.isascii():
        return False
    if _within(left, _PUNCTUATION) or _within(right, _PUNCTUATION):
        return True
    return _within(left, _WIDE) and _within(right, _WIDE)


def _within(character: str, ranges: tuple[tuple[str, str], ...]) -> bool:
    """Comparisons, because `re` takes 5 ms to compile a class of such ranges."""
    return any(low <= character <= high for low, high in ranges)
