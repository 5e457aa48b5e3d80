"""Break styled text into lines, as Chinese and English readers expect.

A Chinese character takes two columns and lines may break between any two, but not before closing
punctuation nor after opening punctuation. Nothing here knows about colors or terminals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

Span = tuple[str, str]
"""Text and the name of its style; the empty name is plain."""
Line = list[Span]

_NO_START = frozenset("，。、；：？！）】》」』〉”’…—,.;:?!)]}%")
_NO_END = frozenset("（【《「『〈“‘([{")


def columns(text: str) -> int:
    """How many terminal columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if character < "\u0300":
        return 1
    import unicodedata

    if unicodedata.combining(character) or character in "\u200b\u200d\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, width: int) -> str:
    """`text` filled up with blanks to `width` columns."""
    return text + " " * max(0, width - columns(text))


def inline(text: str, style: str = "") -> Line:
    """Split text into spans at `code` and **strong**."""
    spans: Line = []
    end = 0
    for match in re.finditer(r"`([^`]+)`|\*\*([^*]+)\*\*", text):
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


def cut(spans: Line, width: int) -> Line:
    """Spans in one line of at most `width` columns, where … stands for what has no room."""
    if sum(columns(text) for text, _ in spans) <= width:
        return spans
    kept: Line = []
    room = width - 1
    for text, style in spans:
        end = 0
        while end < len(text) and columns(text[end]) <= room:
            room -= columns(text[end])
            end += 1
        kept.append((text[:end], style))
        if end < len(text):
            break
    return [*_merged(kept), ("…", "")]


def marked(spans: Line, words: Iterable[str], style: str) -> Line:
    """The spans with every occurrence of the words in another style; a Latin word is marked to its end."""
    forms = [
        rf"\b{re.escape(word)}\w*" if word.isascii() and word[0].isalnum() else re.escape(word)
        for word in sorted(words, key=len, reverse=True)
        if word
    ]
    if not forms:
        return spans
    pattern = re.compile(f"({'|'.join(forms)})", re.IGNORECASE | re.ASCII)
    found: Line = []
    for text, before in spans:
        for at, piece in enumerate(pattern.split(text)):
            if piece:
                found.append((piece, style if at % 2 else before))
    return found


def _unbreakable(spans: Line) -> Iterator[Line]:
    """Runs of pieces between which a line may break."""
    run: Line = []
    for text, style in spans:
        for piece in _pieces(text):
            glued = bool(run) and not run[-1][0].isspace() and not piece.isspace()
            if glued and not _may_break(run[-1][0][-1], piece[0]):
                run.append((piece, style))
                continue
            if run:
                yield run
            run = [(piece, style)]
    if run:
        yield run


def _pieces(text: str) -> Iterator[str]:
    """Blanks, words, and single wide characters, in order. By comparisons rather than with a regular
    expression, because `re` takes 7 ms to compile a class of such ranges."""
    start = 0
    before = ""
    for at, character in enumerate(text):
        if character.isspace():
            kind = "blank"
        elif "\u2018" <= character <= "\u2026" or "\u2e80" <= character <= "\uffef":
            kind = "wide"
        else:
            kind = "word"
        if at > start and (kind != before or kind == "wide"):
            yield text[start:at]
            start = at
        before = kind
    if text:
        yield text[start:]


def _may_break(left: str, right: str) -> bool:
    """Whether a line may end between two characters that no blank separates."""
    if right in _NO_START or left in _NO_END:
        return False
    return _columns(left) == 2 or _columns(right) == 2


def _merged(line: Line) -> Line:
    """Neighboring spans of one style as one, without blanks at the end."""
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
