"""The pinyin of Chinese names, without tones.

The table is derived from pypinyin (MIT): `pip install pypinyin`, then
`python -m kb.pinyin > pinyin.new && mv pinyin.new kb/pinyin.txt`. It holds one reading of each of
the 6,763 characters of GB 2312 and the pairs of the built-in entries that are read otherwise (重复
is chongfu, not zhongfu). pypinyin itself takes a quarter of a second to load.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("pinyin.txt")


def syllables(run: str) -> list[str]:
    """The syllable of each character; a character that is not in the table stands for itself."""
    known, pairs = _table()
    made = [known.get(character, character) for character in run]
    for at in range(len(run) - 1):
        if run[at : at + 2] in pairs:
            made[at : at + 2] = pairs[run[at : at + 2]]
    return made


@cache
def _table() -> tuple[dict[str, str], dict[str, list[str]]]:
    """Readings of characters and of pairs: lines of `syllable characters`, `pair syllable syllable`."""
    known: dict[str, str] = {}
    pairs: dict[str, list[str]] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        first, *rest = line.split()
        if first.isascii():
            known.update(dict.fromkeys(rest[0], first))
        else:
            pairs[first] = rest
    return known, pairs


def _generate() -> str:
    from pypinyin import lazy_pinyin

    by_syllable: dict[str, list[str]] = {}
    for character in map(chr, range(0x4E00, 0xA000)):
        try:
            character.encode("gb2312")
        except UnicodeEncodeError:
            continue
        by_syllable.setdefault(lazy_pinyin(character)[0], []).append(character)
    lines = [f"{syllable} {''.join(characters)}" for syllable, characters in sorted(by_syllable.items())]
    return "\n".join([*lines, *_pairs(lazy_pinyin)]) + "\n"


def _pairs(lazy_pinyin: Callable[[str], list[str]]) -> Iterator[str]:
    """Pairs in the built-in entries that are read otherwise than their characters alone."""
    from kb.library import Library

    texts = "\n".join(
        text
        for head in Library.load().heads.values()
        for text in (head.title.zh, head.summary.zh, *head.aliases)
    )
    runs = re.findall(r"[\u4e00-\u9fff]{2,}", texts)
    pairs = sorted({run[at : at + 2] for run in runs for at in range(len(run) - 1)})
    for pair in pairs:
        together = lazy_pinyin(pair)
        if together != [one for character in pair for one in lazy_pinyin(character)]:
            yield " ".join([pair, *together])


if __name__ == "__main__":
    sys.stdout.write(_generate())
