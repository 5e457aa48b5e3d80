"""What the interface says in Chinese: help texts, notices, and errors.

The program is written in English, the way gettext has it, and `chinese.txt` holds the translations: a line
of English with `{}` for what varies, the same in Chinese below it, and an empty line. What has no
translation is said in English. The file is read only when Chinese is spoken.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("chinese.txt")


def translated(text: str, lang: str | None) -> str:
    """The text in the language that a command speaks, given its `--lang`."""
    return to_chinese(text) if speaks_chinese(lang) else text


def speaks_chinese(lang: str | None) -> bool:
    """Whether a command talks about itself in Chinese: in the first of the languages it shows content in."""
    from kb.errors import KbError
    from pycli import config

    try:
        return config.languages(lang, config.load())[0] == "zh"
    except KbError:  # whatever is wrong with the settings is reported when they are used
        return False


def to_chinese(text: str) -> str:
    """The Chinese of a text, or the text itself if it has no translation."""
    exact, patterns = catalogue()
    if text in exact:
        return exact[text]
    for english, chinese in patterns:
        begin, _, _ = english.partition("{}")
        found = re.fullmatch(_pattern(english), text, re.DOTALL) if text.startswith(begin) else None
        if found:
            return chinese.format(*map(_part, found.groups()))
    return text


def _part(text: str) -> str:
    """A part that varies, in Chinese if it is a message itself."""
    return to_chinese(text) if " " in text else text


def _pattern(english: str) -> str:
    return "(.*?)".join(map(re.escape, english.split("{}")))


@cache
def catalogue() -> tuple[dict[str, str], list[tuple[str, str]]]:
    """English → Chinese: the texts without parts that vary, and those with such parts, in their order."""
    exact, patterns = {}, []
    for pair in FILE.read_text(encoding="utf-8").split("\n\n"):
        lines = [line for line in pair.splitlines() if not line.startswith("#")]
        if lines:
            english, chinese = lines
            if "{}" in english:
                patterns.append((english, chinese))
            else:
                exact[english] = chinese
    return exact, patterns
