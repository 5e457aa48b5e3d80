"""Join the source lines of a paragraph, in either language, into one.

YAML text is wrapped for editors. English lines join with a space; between Chinese characters, and
next to full-width punctuation, there must be none.
"""

from __future__ import annotations

import re
from functools import cache

_WIDE = "\u2e80-\u9fff\uf900-\uffef"
_PUNCTUATION = "\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"


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
    if "\n" not in item:
        return item
    lines = re.sub(r"[ \t]*\n[ \t]*", "\n", item)
    return (lines if lines.isascii() else _no_space().sub("", lines)).replace("\n", " ")


@cache
def _no_space() -> re.Pattern[str]:
    """Matches line breaks that leave no blank; compiled when a Chinese paragraph is shown."""
    return re.compile(rf"(?<=[{_WIDE}])\n(?=[{_WIDE}])|(?<=[{_PUNCTUATION}])\n|\n(?=[{_PUNCTUATION}])")
