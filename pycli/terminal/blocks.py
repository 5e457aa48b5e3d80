"""The blocks that a page consists of, and how each is laid out in lines of styled text.

Nothing here knows about colors or terminals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from kb import paragraphs
from pycli.terminal.wrap import Line, columns, cut, inline, marked, wrap


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
    most: int = 0
    """Lines to show: first to go are those far from any change; 0 shows all."""


class Row(Struct, frozen=True):
    """One line of Markdown text, never two."""

    text: str
    style: str = ""
    indent: str = ""
    marked: tuple[str, ...] = ()
    """Words that are shown in another style wherever they stand."""
    whole: bool = False
    """Wider than the terminal if need be, where it is cut otherwise."""


class Listed(Struct, frozen=True):
    """A label and items in one line, as many as there is room for."""

    label: str
    items: tuple[str, ...]
    joint: str = ", "
    tail: str = ""
    """Stands behind the items, and is shown even if neither they nor the label have room."""
    counted: bool = True
    """Says how many items had no room."""


class Gap(Struct, frozen=True):
    """An empty line."""


Block = Prose | Heading | Code | Verbatim | Changes | Row | Listed | Gap


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
            case Row():
                yield _row(block, width)
            case Listed():
                yield _listed(block, width)


def rows(blocks: Iterable[Block], width: int) -> int:
    """How many rows of a terminal of `width` columns the blocks take."""
    sizes = (sum(columns(text) for text, _ in line) for line in lines(blocks, width))
    return sum(max(1, -(-size // width)) for size in sizes)


def _row(block: Row, width: int) -> Line:
    spans = inline(block.text.replace("\n", " "), block.style)
    if block.marked:
        spans = marked(spans, block.marked, "match")
    return [(block.indent, ""), *(spans if block.whole else cut(spans, width - columns(block.indent)))]


def _listed(block: Listed, width: int) -> Line:
    for count in range(len(block.items), 0, -1):
        left_out = len(block.items) - count
        items = [*block.items[:count], *([f"… +{left_out}"] if left_out and block.counted else [])]
        line = inline(f"{block.label}{block.joint.join(items)}{block.tail}")
        if sum(columns(text) for text, _ in line) <= width:
            return line
    line = inline(f"{block.label.rstrip(' :：')}{block.tail}")
    if sum(columns(text) for text, _ in line) > width and block.tail:
        line = inline(block.tail.lstrip())
    return cut(line, width)


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
    compared = difflib.ndiff(block.before.splitlines(), block.after.splitlines())
    shown = [line.rstrip() for line in compared if line[:2] in styles]  # the rest points at single characters
    for context in (3, 2, 1, 0) if 0 < block.most < len(shown) else ():
        near = _near_changes(shown, context)
        if len(near) <= block.most or not context:
            shown = near[: block.most]
            break
    yield from ([(line, styles.get(f"{line[:1]} ", "code-block"))] for line in shown)


def _near_changes(shown: list[str], context: int) -> list[str]:
    """The lines that are at most `context` lines away from a changed one, with … for those between."""
    changed = [at for at, line in enumerate(shown) if line[:1] in ("-", "+")]
    near: list[str] = []
    for at, line in enumerate(shown):
        if any(abs(at - other) <= context for other in changed):
            near.append(line)
        elif near[-1:] != ["  …"]:
            near.append("  …")
    return near
