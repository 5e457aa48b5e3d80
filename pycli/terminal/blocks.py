"""Blocks of content to lines of styled text, wrapped as Chinese and English readers expect.

A Chinese character takes two columns and lines may break between any two, but not before closing
punctuation nor after opening punctuation. Nothing here knows about colours or terminals.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from msgspec import Struct

from kb.text.paragraphs import paragraphs

Span = tuple[str, str]
"""Text and the name of its style; the empty name is plain."""
Line = list[Span]


class Prose(Struct, frozen=True):
    """Markdown text: paragraphs, lists, `code` and **strong**."""

    text: str
    style: str = ""
    indent: str = ""
    bullet: str = ""
    """Stands before the first line, in place of the end of the indent."""
    tight: bool = False
    """No blank line after it."""


class Heading(Struct, frozen=True):
    """A title above what follows."""

    text: str
    style: str = "heading"


class Code(Struct, frozen=True):
    """Python source, shown as it is."""

    text: str


class Verbatim(Struct, frozen=True):
    """Output or a message, shown as it is."""

    text: str
    style: str = "output"


class Changes(Struct, frozen=True):
    """Two versions of a source as one listing: lines of the first alone begin with -, of the second
    alone with +."""

    before: str
    after: str


class Gap(Struct, frozen=True):
    """An empty line."""


Block = Prose | Heading | Code | Verbatim | Changes | Gap

_NO_START = frozenset("，。、；：？！）】》」』〉”’…—,.;:?!)]}%")
_NO_END = frozenset("（【《「『〈“‘([{")
_INLINE = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*")
_WIDE = "\u2018-\u2026\u2e80-\uffef"  # two ranges: re compiles more of them into a slow table
_PIECE = re.compile(rf"\s+|[{_WIDE}]|[^\s{_WIDE}]+")


def columns(text: str) -> int:
    """How many terminal columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or character in "\u200b\u200d\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, width: int) -> str:
    """`text` filled up with blanks to `width` columns."""
    return text + " " * max(0, width - columns(text))


def lines(blocks: Iterable[Block], width: int) -> Iterator[Line]:
    """Lay blocks out in lines of at most `width` columns; code and output keep their own."""
    for block in blocks:
        match block:
            case Heading():
                yield from wrap([(block.text, block.style)], width)
            case Gap():
                yield []
            case Code() | Verbatim():
                style = block.style if isinstance(block, Verbatim) else "code-block"
                yield from ([(line, style)] for line in block.text.rstrip("\n").split("\n"))
                yield []
            case Changes():
                yield from _changes(block)
                yield []
            case Prose():
                yield from _prose(block, width)


def _prose(block: Prose, width: int) -> Iterator[Line]:
    bullet, in_list = block.bullet, False
    for text in paragraphs(block.text):
        if text.startswith("```"):
            yield from ([(block.indent + line, "code-block")] for line in text.split("\n")[1:-1])
            continue
        listed = re.match(r"([-*]|\d+\.)\s+", text)
        if in_list and not listed and not block.tight:
            yield []
        in_list = bool(listed)
        first = block.indent
        rest = block.indent
        if bullet:
            first, rest = block.indent + bullet, block.indent + " " * columns(bullet)
            bullet = ""
        if listed:
            first, rest = first + listed.group(), rest + " " * len(listed.group())
        body = text[listed.end() :] if listed else text
        yield from wrap(inline(body, block.style), width, first, rest)
        if not block.tight and not listed:
            yield []
    if in_list and not block.tight:
        yield []


def _changes(block: Changes) -> Iterator[Line]:
    import difflib

    styles = {"- ": "bad", "+ ": "good", "  ": "code-block"}
    for line in difflib.ndiff(block.before.splitlines(), block.after.splitlines()):
        if line[:2] in styles:  # the rest points at single characters
            yield [(line.rstrip(), styles[line[:2]])]


def inline(text: str, style: str = "") -> Line:
    """Split text into spans at `code` and **strong**."""
    spans: Line = []
    end = 0
    for match in _INLINE.finditer(text):
        spans.append((text[end : match.start()], style))
        spans.append((match[1], "code") if match[1] else (match[2], "strong"))
        end = match.end()
    spans.append((text[end:], style))
    return [span for span in spans if span[0]]


def wrap(spans: Line, width: int, first: str = "", rest: str = "") -> Iterator[Line]:
    """Break spans into lines of at most `width` columns, with an indent before each."""
    line: Line = [(first, "")] if first else []
    used, empty = columns(first), True
    for pieces in _unbreakable(spans):
        size = sum(columns(text) for text, _ in pieces)
        blank = pieces[0][0].isspace()
        if not empty and not blank and used + size > width:
            yield _merged(line)
            line = [(rest, "")] if rest else []
            used, empty = columns(rest), True
        if blank and empty:
            continue
        line.extend(pieces)
        used += size
        empty = False
    if line:
        yield _merged(line)


def _unbreakable(spans: Line) -> Iterator[Line]:
    """Runs of pieces between which a line may break."""
    run: Line = []
    for text, style in spans:
        for piece in _PIECE.findall(text):
            glued = bool(run) and not run[-1][0].isspace() and not piece.isspace()
            if glued and not _may_break(run[-1][0][-1], piece[0]):
                run.append((piece, style))
                continue
            if run:
                yield run
            run = [(piece, style)]
    if run:
        yield run


def _may_break(left: str, right: str) -> bool:
    """Whether a line may end between two characters that no blank separates."""
    if right in _NO_START or left in _NO_END:
        return False
    return _columns(left) == 2 or _columns(right) == 2


def _merged(line: Line) -> Line:
    """Neighbouring spans of one style as one, without blanks at the end."""
    merged: Line = []
    for text, style in line:
        if merged and merged[-1][1] == style:
            merged[-1] = (merged[-1][0] + text, style)
        else:
            merged.append((text, style))
    while merged and not merged[-1][0].rstrip():
        merged.pop()
    if merged:
        merged[-1] = (merged[-1][0].rstrip(), merged[-1][1])
    return merged
