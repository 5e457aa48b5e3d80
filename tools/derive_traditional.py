"""Derive kb/text/traditional.txt, traditional Chinese characters and what they become in simplified
script, from OpenCC (Apache License 2.0).

    pip install -e . -r tools/requirements.txt && python tools/derive_traditional.py
"""

from __future__ import annotations

from opencc import OpenCC

from kb.text.traditional import TABLE

HAN = range(0x3400, 0xA000)
"""The Chinese characters of Unicode's first plane."""


def main() -> None:
    """Write two lines: the characters that change, and what each becomes."""
    convert = OpenCC("t2s").convert
    pairs = [(character, convert(character)) for character in map(chr, HAN)]
    changed = [(before, after) for before, after in pairs if before != after and len(after) == 1]
    before, after = ("".join(column) for column in zip(*changed, strict=True))
    TABLE.write_text(f"{before}\n{after}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
