"""What the interface says in Chinese: help texts, notices, and errors.

The program is written in English, with `{}` for what varies, and translated where it speaks; a catalogue of
gettext holds the translations. What has none is said in English. The catalogue is read only when Chinese is
spoken, and as it is: docs/decisions.md says why it is not compiled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec

FILE = Path(__file__).parents[1] / "locale" / "zh_CN" / "LC_MESSAGES" / "ptnote.po"

_MESSAGE = re.compile(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"\n)+)', re.MULTILINE)


def translated(text: str, lang: str | None) -> str:
    """The text in the language that a command speaks, given its `--lang`."""
    return to_chinese(text) if speaks_chinese(lang) else text


def speaks_chinese(lang: str | None) -> bool:
    """Whether a command talks about itself in Chinese: in the first of the languages it shows content in.
    Settings that cannot be read say nothing about it; what is wrong with them is said when they are used."""
    from kb.errors import KbError
    from pycli import config

    try:
        settings = config.load()
    except KbError:
        settings = config.Config()
    try:
        return config.languages(lang, settings)[0] == "zh"
    except KbError:
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
    pairs = list(read(FILE.read_text(encoding="utf-8")))
    exact = {english: chinese for english, chinese in pairs if "{}" not in english}
    return exact, [pair for pair in pairs if "{}" in pair[0]]


def read(text: str) -> Iterator[tuple[str, str]]:
    """What a catalogue translates, and how; without what has no translation yet."""
    for message in _MESSAGE.finditer(text):
        english, chinese = map(_unquoted, message.groups())
        if english and chinese:
            yield english, chinese


def _unquoted(lines: str) -> str:
    """A text that stands in quotes, on one line or more."""
    return "".join(msgspec.json.decode(line, type=str) for line in lines.splitlines())
