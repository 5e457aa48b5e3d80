"""Words of Taiwan and what they are called on the mainland: 记忆体 is 内存.

The table is derived from OpenCC by `tools/derive_taiwan.py`; both columns are in simplified script, as
`kb.text.fold` makes all text.
"""

from __future__ import annotations

from pathlib import Path

TABLE = Path(__file__).with_name("taiwan.txt")
"""A word and its meaning a line, with a blank between them."""


def meanings() -> dict[str, str]:
    """The mainland's word for each word of Taiwan."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return dict(line.split() for line in lines)
