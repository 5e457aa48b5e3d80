"""Characters that command a terminal instead of showing something."""

from __future__ import annotations

import re

CONTROL = re.compile(
    "["
    "\x00-\x08\x0b-\x1f"  # C0 but for tab and line feed
    "\x7f-\x9f"  # delete and C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks and overrides of direction
    "\u2028\u2029"  # separators that some programs take for the end of a line
    "\ud800-\udfff"  # what stands for bytes that are not UTF-8
    "]"
)
"""One such character."""


def visible(text: str) -> str:
    """Text that may be written to a terminal: each control character as an escape sequence of Python."""
    return CONTROL.sub(lambda match: _escaped(match[0]), text)


def escaped_json(text: str) -> str:
    """A JSON document without control characters; it stands for the same value, but that a byte which is
    not UTF-8 becomes an escape sequence of Python, because JSON has no form for it."""

    def escape(match: re.Match[str]) -> str:
        code = ord(match[0])
        return rf"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else rf"\u{code:04x}"

    return CONTROL.sub(escape, text)


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte, as Python keeps it where a name is not UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
