"""Rules about text. They know their language: what is right in one is wrong in the other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kb.check.rule import Finding, rule
from kb.content.entry import FORMAT, LANGUAGES, Entry, Language, Text
from kb.content.shelf import Shelf

TITLE_LIMIT, SUMMARY_LIMIT = 60, 120
EXPLAIN_WORDS, EXPLAIN_CHARACTERS = (40, 200), (60, 400)
"""Fewest and most English words, Chinese characters, in `explain`."""


def _texts(entry: Entry) -> Iterator[tuple[str, Text]]:
    """Every bilingual text of an entry with its place."""
    yield from (("title", entry.title), ("summary", entry.summary), ("explain", entry.explain))
    for i, pitfall in enumerate(entry.pitfalls):
        yield f"pitfalls.{i}", pitfall
    for i, snippet in enumerate(entry.snippets):
        if snippet.title:
            yield f"snippets.{i}.title", snippet.title
        for j, parameter in enumerate(snippet.parameters):
            if parameter.help:
                yield f"snippets.{i}.parameters.{j}.help", parameter.help
    for i, myth in enumerate(entry.myths):
        if entry.format == FORMAT:  # before, it was written in one language alone
            yield f"myths.{i}.said", myth.said
        yield f"myths.{i}.truth", myth.truth


def _language_texts(entry: Entry, language: Language) -> Iterator[tuple[str, str]]:
    """The texts that are written in a language, with their places."""
    for place, text in _texts(entry):
        if f"{place}.{language}" in entry.lines:
            yield f"{place}.{language}", text.get(language)


_CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
_CJK = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
_HAN = re.compile(r"[\u3400-\u9fff]")


@rule("E201")
def english_is_english(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """English texts hold no Chinese characters and no full-width punctuation."""
    for place, text in _language_texts(entry, "en"):
        found = _CJK.search(text)
        if found:
            yield Finding(f"'{found.group()}' in an English text", place, text[: found.start()].count("\n"))


@rule("E202")
def chinese_is_chinese(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """Chinese texts hold some Chinese; a title may be a bare API name, and what is said may be code."""
    for place, text in _language_texts(entry, "zh"):
        if place != "title.zh" and not place.endswith(".said.zh") and not _HAN.search(text):
            yield Finding("no Chinese in a Chinese text", place)


@rule("E203")
def both_languages_are_there(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """No text is blank in either language."""
    for language in LANGUAGES:
        for place, text in _language_texts(entry, language):
            if not text.strip():
                yield Finding("empty text", place)


@rule("E204")
def texts_keep_their_length(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """A title fits 60 characters, and a summary is one line of at most 120."""
    for language in LANGUAGES:
        title, summary = entry.title.get(language), entry.summary.get(language)
        if len(title) > TITLE_LIMIT:
            yield Finding(f"title of {len(title)} characters, at most {TITLE_LIMIT}", f"title.{language}")
        if len(summary) > SUMMARY_LIMIT or "\n" in summary.strip():
            message = f"the summary is one line of at most {SUMMARY_LIMIT} characters"
            yield Finding(message, f"summary.{language}")


@rule("S201")
def explanations_are_short(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """An explanation has 40 to 200 English words and 60 to 400 Chinese characters."""
    words = len(entry.explain.en.split())
    characters = len(_HAN.findall(entry.explain.zh))
    written = dict(_language_texts(entry, "en")) | dict(_language_texts(entry, "zh"))
    if "explain.en" in written and not EXPLAIN_WORDS[0] <= words <= EXPLAIN_WORDS[1]:
        yield Finding(f"{words} English words, better {EXPLAIN_WORDS[0]} to {EXPLAIN_WORDS[1]}", "explain.en")
    if "explain.zh" in written and not EXPLAIN_CHARACTERS[0] <= characters <= EXPLAIN_CHARACTERS[1]:
        yield Finding(
            f"{characters} Chinese characters, better {EXPLAIN_CHARACTERS[0]} to {EXPLAIN_CHARACTERS[1]}",
            "explain.zh",
        )


@rule("S202")
def both_languages_are_written(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """Texts are written in both languages. Entries outside the built-in ones may leave one out, and then
    show the same text in both."""
    missing: dict[str, list[str]] = {}
    for place, _ in _texts(entry):
        written = [language for language in LANGUAGES if f"{place}.{language}" in entry.lines]
        if len(written) < len(LANGUAGES) and place in entry.lines:
            lacks = next((name for name in LANGUAGES if name not in written), "") if written else "en or zh"
            missing.setdefault(lacks, []).append(place)
    for lacks, places in missing.items():
        yield Finding(f"no {lacks} in {', '.join(places)}; write it beside the other language", places[0])


_TOUCHING = re.compile(r"[\u3400-\u9fff][A-Za-z0-9`]|[A-Za-z0-9`][\u3400-\u9fff]")


@rule("E205")
def chinese_and_latin_are_spaced(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """A space stands between Chinese characters and Latin letters, digits or inline code."""
    for place, text in _language_texts(entry, "zh"):
        plain = _CODE.sub(lambda found: "`" * len(found.group()), text)
        for found in _TOUCHING.finditer(plain):
            near = text[max(0, found.start() - 4) : found.end() + 4].replace("\n", " ")
            line = text[: found.start()].count("\n") + 1
            yield Finding(f"put a space between Chinese and Latin: '{near}'", place, line)


_HALF_WIDTH = re.compile(r"[\u3400-\u9fff`][,;:!?](?=\s|[\u3400-\u9fff]|$)|[\u3400-\u9fff]\.(?=\s|$)")


@rule("E206")
def chinese_punctuation_is_full_width(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """Punctuation after Chinese characters is full-width."""
    for place, text in _language_texts(entry, "zh"):
        plain = _CODE.sub(lambda found: "`" * len(found.group()), text)
        for found in _HALF_WIDTH.finditer(plain):
            line = text[: found.start()].count("\n") + 1
            yield Finding(f"use full-width punctuation after '{found.group()[0]}'", place, line)


_STARS = re.compile(
    r"(?P<power>(?<=[A-Za-z0-9])\*\*[^*]+\*\*(?=[A-Za-z0-9]))"  # of 2**53 and 2**24
    r"|\*\*[^*]+\*\*"
    r"|(?P<single>(?<![\w*])\*(?![\s*])[^*\n]{1,60}(?<![\s*])\*(?![\w*]))"
)


@rule("E207")
def stars_are_strong_text(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """Stars are for **strong** text: a single one is shown as it is, and two powers would lose theirs."""
    for language in LANGUAGES:
        for place, text in [*_language_texts(entry, language), *_meanings(entry, language)]:
            plain = _CODE.sub(lambda found: "`" * len(found.group()), text)
            for found in _STARS.finditer(plain):
                if found["power"]:
                    yield Finding(f"'{found.group()}' loses its stars; write powers as code", place)
                elif found["single"]:
                    yield Finding(f"'{found.group()}' is shown with its stars; write **strong** text", place)


def _meanings(entry: Entry, language: Language) -> Iterator[tuple[str, str]]:
    """What the messages of an entry mean, with their places."""
    for number, pattern in enumerate(entry.error_patterns):
        if pattern.means:
            yield f"errors.{number}.means.{language}", pattern.means.get(language)
