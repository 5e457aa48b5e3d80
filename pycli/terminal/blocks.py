"""The blocks that a page consists of, and how each is laid out in lines of styled text.

Nothing here knows about colors or terminals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from kb import paragraphs
from pycli.terminal.wrap import Line, columns, inline, wrap


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
