"""A question taken apart into units, each with the ways in which an entry may say it."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from kb.search.stopwords import LONE_PARTICLES, MODULES
from kb.search.synonyms import Synonyms, normalize_phrase
from kb.search.terms import Run, chinese_terms, content_runs, name_terms, text_terms

LONGEST = 4
"""Words, or half the Chinese characters, of the longest phrase looked up among the synonyms."""


class Kind(Enum):
    """How an option relates to what was typed."""

    typed = "typed"
    part = "part"
    """A part of a dotted or joined name."""
    synonym = "synonym"
    correction = "correction"
    """A known word in the place of an unknown one."""


class Option(Struct, frozen=True):
    """One way of saying a unit: terms that an entry should hold, all of them."""

    terms: tuple[str, ...]
    kind: Kind = Kind.typed
    said: str = ""
    """The synonym, part, or correction; empty for the unit itself."""
    share: float = 1.0
    """How much of it was typed, from 0 to 1, where only its beginning was."""


class Unit(Struct, frozen=True):
    """A word or phrase of a question."""

    text: str
    options: tuple[Option, ...]
    """The first is the unit as typed."""
    chinese: bool = False


def units(text: str, synonyms: Synonyms | None = None) -> list[Unit]:
    """The units of a question, in order; empty if it holds no word."""
    known = synonyms or {}
    found: list[Unit] = []
    names: list[str] = []
    for run in (*content_runs(text), None):
        if run and not run.chinese:
            names.append(run.text)
            continue
        found += _latin(names, known)
        names = []
        if run:
            found += _chinese(run, known)
    return found


def terms_of(text: str, units: list[Unit]) -> set[str]:
    """All terms of a question, its stop words included, and those of its corrections."""
    corrections = [option for unit in units for option in unit.options if option.kind is Kind.correction]
    return {*text_terms(text), *(term for option in corrections for term in option.terms)}


def _latin(names: list[str], known: Synonyms) -> list[Unit]:
    """Neighboring Latin words: phrases with synonyms first, the longest first; then single words."""
    made = []
    at = 0
    while at < len(names):
        for length in range(min(LONGEST, len(names) - at) if known else 1, 0, -1):
            phrase = " ".join(names[at : at + length])
            others = known.get(normalize_phrase(phrase)) if known else ()
            if others or length == 1:
                made.append(_phrase(phrase, others or ()) if length > 1 else _word(phrase, others or ()))
                at += length
                break
    return made


def _chinese(run: Run, known: Synonyms) -> list[Unit]:
    """A run of Chinese: phrases with synonyms, and bigrams of what is left between them."""
    made: list[Unit] = []
    text, rest, at = run.text, "", 0
    while at < len(text):
        lengths = range(min(2 * LONGEST, len(text) - at), 1, -1)
        phrase = next((text[at : at + n] for n in lengths if text[at : at + n] in known), "")
        if phrase:
            made += _bigrams(rest, known)
            rest = ""
            made.append(_phrase(phrase, known[phrase], chinese=True))
            at += len(phrase)
        else:
            rest += text[at]
            at += 1
    made += _bigrams(rest, known)
    return made or [Unit(text, (Option((text,)),), chinese=True)]


def _bigrams(run: str, known: Synonyms) -> list[Unit]:
    """What is left between phrases: bigrams, or one character that means something."""
    if not run:
        return []
    if len(run) == 1:
        return [] if run in LONE_PARTICLES else [_phrase(run, known.get(run, ()), chinese=True)]
    return [Unit(pair, (Option((pair,)),), chinese=True) for pair in chinese_terms(run)]


def _word(name: str, others: tuple[str, ...]) -> Unit:
    whole, *parts = name_terms(name)
    options = [Option((whole,))]
    options += [Option((part,), Kind.part, part) for part in parts if part not in MODULES]
    return Unit(name, (*options, *map(_synonym, others)))


def _phrase(phrase: str, others: tuple[str, ...], chinese: bool = False) -> Unit:
    return Unit(phrase, (Option(_phrase_terms(phrase)), *map(_synonym, others)), chinese=chinese)


def _synonym(phrase: str) -> Option:
    return Option(_phrase_terms(phrase), Kind.synonym, phrase)


def _phrase_terms(phrase: str) -> tuple[str, ...]:
    terms: list[str] = []
    for run in content_runs(phrase):
        terms += chinese_terms(run.text) if run.chinese else name_terms(run.text)[:1]
    return tuple(terms)
