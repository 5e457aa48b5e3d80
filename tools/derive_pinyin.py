"""Derive kb/text/pinyin.txt, the pinyin of Chinese characters, from pypinyin (MIT license).

    pip install -e . -r tools/requirements.txt && python tools/derive_pinyin.py

The table holds one reading of each of the 6,763 characters of GB 2312, and those pairs of characters
in titles, summaries and aliases of the built-in entries that are read otherwise than their characters
alone, such as 重复, chongfu. Derive it again when the entries use new words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from pypinyin import lazy_pinyin

from kb import Library, paths
from kb.text.pinyin import TABLE


def main() -> None:
    """Write the table."""
    TABLE.write_text("\n".join([*characters(), *pairs(texts())]) + "\n", encoding="utf-8")


def characters() -> Iterator[str]:
    """Lines of a syllable and the characters read so."""
    by_syllable: dict[str, list[str]] = {}
    for character in map(chr, range(0x4E00, 0xA000)):
        try:
            character.encode("gb2312")
        except UnicodeEncodeError:
            continue
        by_syllable.setdefault(lazy_pinyin(character)[0], []).append(character)
    for syllable, read_so in sorted(by_syllable.items()):
        yield f"{syllable} {''.join(read_so)}"


def texts() -> str:
    """What people search the built-in entries by."""
    heads = Library.load(paths.builtin_entries()).heads.values()
    return "\n".join(text for head in heads for text in (head.title.zh, head.summary.zh, *head.aliases))


def pairs(text: str) -> Iterator[str]:
    """Lines of a pair of characters and its two syllables, where these differ from the single readings.

    A pair must be read so in most of its places: 行都 alone is a word of its own, xingdu, but 每行都
    is meihangdou.
    """
    readings: dict[str, Counter[tuple[str, ...]]] = {}
    for run in re.findall(r"[\u4e00-\u9fff]{2,}", text):
        syllables = lazy_pinyin(run)
        for at in range(len(run) - 1):
            readings.setdefault(run[at : at + 2], Counter())[tuple(syllables[at : at + 2])] += 1
    for pair, found in sorted(readings.items()):
        together = lazy_pinyin(pair)
        single = [syllable for character in pair for syllable in lazy_pinyin(character)]
        if together != single and found.most_common(1)[0][0] == tuple(together):
            yield " ".join([pair, *together])


if __name__ == "__main__":
    main()
