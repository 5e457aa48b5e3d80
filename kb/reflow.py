"""Join the source lines of a paragraph, in either language, into one.

YAML text is wrapped for editors. English lines join with a space; between Chinese characters, and
next to full-width punctuation, there must be none.
"""

from __future__ import annotations

import re

_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_PUNCTUATION = "\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
_NO_SPACE = re.compile(rf"(?<=[{_WIDE}])\n(?=[{_WIDE}])|(?<=[{_PUNCTUATION}])\n|\n(?=[{_PUNCTUATION}])")


def paragraphs(markdown: str) -> list[str]:
    """The paragraphs and list items of a text, each as one line; fenced code stays as it is."""
    found: list[str] = []
    for block in re.split(r"\n\s*\n", markdown.strip("\n")):
        if block.lstrip().startswith("```"):
            found.append(block)
            continue
        for item in re.split(r"\n(?=\s*(?:[-*]|\d+\.)\s)", block):
            joined = _NO_SPACE.sub("", re.sub(r"[ \t]*\n[ \t]*", "\n", item.strip()))
            found.append(joined.replace("\n", " "))
    return [one for one in found if one]
