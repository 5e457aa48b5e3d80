"""The Markdown of entries, taken apart: paragraphs, lists, and fenced code; within a line `code`, **strong**,
and links. Everything else is plain text, as in the terminal, where `__init__` and `a * b` mean themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from kb.text.paragraphs import paragraphs

_INLINE = re.compile(
    r"(?P<tick>`+)(?P<code>.+?)(?<!`)(?P=tick)(?!`)"
    r"|\*\*(?P<strong>[^*]+)\*\*"
    r"|\[(?P<label>[^\[\]]+)\]\((?P<url>https?://[^\s()<>\"]+)\)",
    re.DOTALL,
)

_ITEM = re.compile(r"(?:[-*]|(?P<number>\d{1,9})\.)\s+")


class Span(Struct, frozen=True):
    """A part of a line."""

    kind: Literal["text", "code", "strong", "link"]
    text: str
    url: str = ""


class Part(Struct, frozen=True):
    """A paragraph, an item of a list, or a block of code."""

    kind: Literal["paragraph", "bullet", "number", "code"]
    text: str
    number: int = 0
    """Of an item of a numbered list."""
    language: str = ""
    """Of a block of code, if it names one."""


def spans(text: str) -> Iterator[Span]:
    """A line of Markdown as its parts."""
    end = 0
    for found in _INLINE.finditer(text):
        if found.start() > end:
            yield Span("text", text[end : found.start()])
        if found["code"]:
            yield Span("code", found["code"])
        elif found["strong"]:
            yield Span("strong", found["strong"])
        else:
            yield Span("link", found["label"], found["url"])
        end = found.end()
    if end < len(text):
        yield Span("text", text[end:])


def parts(markdown: str) -> Iterator[Part]:
    """A text as its paragraphs, items, and blocks of code."""
    for paragraph in paragraphs(markdown):
        if paragraph.lstrip().startswith("```"):
            first, *lines = paragraph.strip().split("\n")
            if lines and lines[-1].strip() == "```":
                lines.pop()
            yield Part("code", "\n".join(lines), language=first.strip("` "))
        elif item := _ITEM.match(paragraph):
            number = item["number"]
            yield Part("number" if number else "bullet", paragraph[item.end() :], int(number or 0))
        else:
            yield Part("paragraph", paragraph)


def one_line(text: str) -> str:
    """A text whose line breaks are spaces, for places that end with the line."""
    return " ".join(text.split())


def bare(text: str) -> str:
    """A line of Markdown without its marks."""
    return one_line("".join(span.text for span in spans(text)))
