"""Traditional Chinese characters to simplified ones, one by one.

The table is derived from OpenCC by `tools/derive_traditional.py`. OpenCC itself is 2 MB of compiled
code; entries and questions need only its single characters.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("traditional.txt")
"""Two lines: the traditional characters, and what each becomes."""


def simplify(text: str) -> str:
    """`text` with every traditional character simplified; as long as before."""
    return text.translate(_table())


@cache
def _table() -> dict[int, str]:
    traditional, simplified = TABLE.read_text(encoding="utf-8").split("\n")[:2]
    return dict(zip(map(ord, traditional), simplified, strict=True))
