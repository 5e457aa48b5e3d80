"""Traditional Chinese characters to simplified ones, one by one.

The table is derived from OpenCC (Apache License 2.0): `pip install opencc`, then
`python -m kb.traditional > kb/traditional.txt`. OpenCC itself is 2 MB of compiled code; entries and
questions need only its single characters.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("traditional.txt")
_HAN = range(0x3400, 0xA000)


def simplify(text: str) -> str:
    """`text` with every traditional character simplified; as long as before."""
    return text.translate(_table())


@cache
def _table() -> dict[int, str]:
    traditional, simplified = TABLE.read_text(encoding="utf-8").split("\n")[:2]
    return dict(zip(map(ord, traditional), simplified, strict=True))


def _generate() -> str:
    """Two lines: the characters that change, and what each becomes."""
    from opencc import OpenCC

    convert = OpenCC("t2s").convert
    pairs = [(one, convert(one)) for one in map(chr, _HAN)]
    changed = [(one, made) for one, made in pairs if one != made and len(made) == 1]
    return "".join(one for one, _ in changed) + "\n" + "".join(made for _, made in changed) + "\n"


if __name__ == "__main__":
    sys.stdout.write(_generate())
