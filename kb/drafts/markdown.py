"""The sections of a note: what stands below each heading, its text and its blocks of code.

Markdown is parsed by markdown-it-py as CommonMark has it. Every fenced and every indented block of code of
the file is in exactly one section, whatever it is nested in.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct

from kb.drafts.note import Note
from kb.errors import BadFile

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

NESTED = 60
"""How deep quotes and lists may be nested. What lies deeper, the parser would leave out."""

TITLE = 60
"""Characters of a title."""

_NUMBERED = re.compile(
    r"^(?:\\?[（(]?\d+(?:\.\d+)*\\?[.、．)）:：]?\s+|\d+(?:\.\d+)*[.、．)）]\s*|[一二三四五六七八九十]+、\s*)"
)
_FENCE = re.compile(r"[\s>*+\-\d.)]*(`{3,}|~{3,})\s*$")
_MARKER = re.compile(r"^(?:\s*(?:[>*+-]|\d+[.)])\s+)*\s*")


class Block(Struct, frozen=True, kw_only=True):
    """A block of code as it stands in the file."""

    line: int
    """Its first line in the file, counted from 1, that of the fence if it has one."""
    end: int
    """Its last line."""
    first: int
    """The line that holds the first line of its code."""
    code: str
    info: str = ""
    """What stands behind the fence."""
    fenced: bool = True
    unclosed: bool = False
    lead: str = ""
    """The line of text before it, if that is short enough for a title."""


class Section(Struct, frozen=True, kw_only=True):
    """A heading and what stands below it, up to the next heading."""

    line: int
    title: str
    pieces: tuple[str | int, ...]
    """Its Markdown in order: text, and the numbers of its blocks."""
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        """Its Markdown without the blocks of code."""
        return "\n\n".join(piece for piece in self.pieces if isinstance(piece, str))


def sections_of(note: Note, hidden: Container[int] = ()) -> list[Section]:
    """The sections of a note, in order; what stands before the first heading is one called like the note.

    Lines that are `hidden` are left out of titles and text. Raises BadFile if something is nested too deep.
    """
    tokens = _parser().parse("\n".join(note.lines))
    deep = next((token for token in tokens if token.level > NESTED), None)
    if deep:
        line = deep.map[0] + 1 if deep.map else 1
        raise BadFile(f"{note.path}:{line}: lists or quotes nested more than {NESTED} deep; flatten them")
    spans = [_span(token) for token in tokens if token.type in ("fence", "code_block")]
    in_code = {number for start, end in spans for number in range(start, end + 1)}
    starts = [(1, 0, note.title or note.stem), *_headings(tokens, hidden)]
    ends = [start - 1 for start, _, _ in starts[1:]] + [len(note.lines)]
    blocks = [
        _block(note, token, hidden, in_code) for token in tokens if token.type in ("fence", "code_block")
    ]
    made = []
    for (start, head, title), end in zip(starts, ends, strict=True):
        inside = tuple(block for block in blocks if start <= block.line <= end)
        pieces = tuple(_pieces(note, start + head, end, inside, hidden))
        made.append(Section(line=start, title=title[:TITLE], pieces=pieces, blocks=inside))
    return made


def plain(markdown: str) -> str:
    """One line of Markdown as plain text, without what stands for pictures."""
    (inline,) = _inline().parseInline(markdown)
    parts = [
        " " if token.type in ("softbreak", "hardbreak") else token.content
        for token in inline.children or ()
        if token.type in ("text", "code_inline", "softbreak", "hardbreak")
    ]
    return " ".join("".join(parts).split())


@cache
def _parser() -> MarkdownIt:
    """Finds blocks alone: what stands within a line is of no interest here."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": NESTED + 20})
    parser.core.ruler.enableOnly(["block"])
    return parser


@cache
def _inline() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark")


def _span(token: Token) -> tuple[int, int]:
    """The first and the last line of a token, counted from 1. An indented block ends with its code."""
    assert token.map is not None
    start, end = token.map[0] + 1, token.map[1]
    if token.type == "code_block":
        end = start + len(token.content.rstrip("\n").split("\n")) - 1
    return start, end


def _headings(tokens: list[Token], hidden: Container[int]) -> Iterator[tuple[int, int, str]]:
    """The line of each heading that stands in no list and no quote, how many lines it takes, and its text."""
    for at, token in enumerate(tokens):
        if token.type == "heading_open" and token.level == 0 and token.map:
            line, lines = token.map[0] + 1, token.map[1] - token.map[0]
            shown = not any(number in hidden for number in range(line, line + lines))
            yield line, lines, title_of(tokens[at + 1].content) if shown else ""


def title_of(markdown: str) -> str:
    """A heading as plain text, without the number before it."""
    text = plain(markdown)
    return _NUMBERED.sub("", text).strip() or text


def _block(note: Note, token: Token, hidden: Container[int], in_code: Container[int]) -> Block:
    start, end = _span(token)
    fenced = token.type == "fence"
    closed = fenced and end > start and _closes(note.lines[end - 1], token.markup)
    return Block(
        line=start,
        end=end,
        first=start + fenced,
        code=token.content,
        info=token.info.strip(),
        fenced=fenced,
        unclosed=fenced and not closed,
        lead=_lead(note, start, hidden, in_code),
    )


def _closes(line: str, markup: str) -> bool:
    found = _FENCE.fullmatch(line)
    return found is not None and found[1].startswith(markup)


def _lead(note: Note, start: int, hidden: Container[int], in_code: Container[int]) -> str:
    """The line of text right before a block, as the title of what it shows; empty if that is no title."""
    number = start - 1
    while number > 0 and not note.lines[number - 1].strip():
        number -= 1
    if number < 1 or number in in_code or number in hidden:
        return ""
    line = note.lines[number - 1]
    if line.lstrip().startswith(("#", "|", "![", "$$", "<", "---", "===")):
        return ""
    text = title_of(_MARKER.sub("", line)).rstrip(":：,，.。;； ")
    return text if 1 < len(text) <= TITLE else ""


def _pieces(
    note: Note, start: int, end: int, blocks: tuple[Block, ...], hidden: Container[int]
) -> Iterator[str | int]:
    """The text between two lines and the blocks in it; the text has no two empty lines in a row."""
    for number, block in enumerate(blocks):
        yield from _text(note, start, block.line - 1, hidden)
        yield number
        start = block.end + 1
    yield from _text(note, start, end, hidden)


def _text(note: Note, start: int, end: int, hidden: Container[int]) -> Iterator[str]:
    shown = [note.lines[number - 1].rstrip() for number in range(start, end + 1) if number not in hidden]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(shown)).strip("\n")
    if text.strip():
        yield text
