"""The pinyin of Chinese names, without tones.

The table is derived from pypinyin by `tools/derive_pinyin.py`; pypinyin itself takes a quarter of a
second to load.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("pinyin.txt")
"""Lines of `syllable characters` and of `pair syllable syllable`; the pairs are those that are read
otherwise than their characters alone (重复 is chongfu, not zhongfu)."""


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
    """The syllable of each character, and the syllables of each pair."""
    known: dict[str, str] = {}
    pairs: dict[str, list[str]] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        first, *rest = line.split()
        if first.isascii():
            known.update(dict.fromkeys(rest[0], first))
        else:
            pairs[first] = rest
    return known, pairs
