"""A Markdown file of notes, as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from kb.content.source import Source, Unreadable, read_file
from kb.errors import BadFile

LIMIT = 2 << 20
"""Bytes that a note may have. A long one has 100 kB."""

FRONT_LINES = 200
"""Lines at the beginning in which front matter ends, if there is any."""

_BLANKS = str.maketrans({"\x0b": " ", "\x0c": " ", "\x85": " ", "\u2028": " ", "\u2029": " "})
"""What some programs take for the end of a line, and Markdown does not."""


class Note(Struct, frozen=True):
    """The text of a file of notes."""

    path: str
    lines: list[str]
    """Without line breaks; those of the front matter are empty."""
    title: str = ""
    """What the front matter says."""
    tags: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        """What the file is called, without its ending."""
        return Path(self.path).stem or "note"


def read_note(path: Path) -> Note:
    """Read a file of notes. Raises BadFile with what is wrong with it and how to mend that."""
    if path.is_dir():
        raise BadFile(f"{path} is a folder; name its files, for example {path}/*.md")
    try:
        return note_of(str(path), read_file(path, LIMIT))
    except Unreadable as error:
        advice = "; split it" if "more than" in (error.strerror or "") else ""
        raise BadFile(f"cannot read {path}: {error.strerror}{advice}") from error
    except OSError as error:
        raise BadFile(f"cannot read {path}: {error.strerror}") from error


def note_of(path: str, raw: bytes) -> Note:
    """A note made of the bytes of its file. Raises BadFile."""
    if len(raw) > LIMIT:
        raise BadFile(f"cannot read {path}: it has more than {LIMIT >> 10} KiB; split it")
    text = _decoded(path, raw).replace("\r\n", "\n").replace("\r", "\n").translate(_BLANKS)
    lines = text.split("\n")
    front = _front_matter(lines)
    data = Source(path, "\n".join(lines[1 : front - 1])).data if front else None
    known: dict[str, Any] = data if isinstance(data, dict) else {}
    title, tags = known.get("title"), known.get("tags")
    return Note(
        path=path,
        lines=[*([""] * front), *lines[front:]],
        title=title if isinstance(title, str) else "",
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
    )


def _decoded(path: str, raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadFile(f"{path} is UTF-16, not UTF-8; try: iconv -f UTF-16 -t UTF-8 {path} > utf8.md")
    if b"\0" in raw:
        raise BadFile(f"{path} is not text: it holds the byte 0; name a Markdown file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        raise BadFile(f"{path}:{line}: not UTF-8; save the file as UTF-8") from None
    advice = f"try: iconv -f GB18030 -t UTF-8 {path} > utf8.md"
    raise BadFile(f"{path}:{line}: not UTF-8 but probably GBK; {advice}")


def _front_matter(lines: Sequence[str]) -> int:
    """How many lines the front matter takes: YAML between two lines of dashes at the very beginning."""
    if lines[0].rstrip() != "---":
        return 0
    for at, line in enumerate(lines[1:FRONT_LINES], 1):
        if line.rstrip() in ("---", "..."):
            return at + 1
    return 0
