"""A question taken apart into units, each with the ways in which an entry may say it."""

from __future__ import annotations

from msgspec import Struct

from kb.search.synonyms import Synonyms, plain
from kb.search.terms import LONE_PARTICLES, MODULES, Piece, name_terms, pieces, run_terms

PART = 0.6
"""What a part of a dotted or joined name counts, against the whole."""

SYNONYM = 0.8
"""What another phrase of the same meaning counts."""

LONGEST = 4
"""Words, or half the Chinese characters, of the longest phrase looked up among the synonyms."""


class Option(Struct, frozen=True):
    """One way of saying a unit: terms that an entry should hold, all of them."""

    terms: tuple[str, ...]
    share: float = 1.0
    said: str = ""
    """The synonym or part that it stands for; empty for the unit itself."""


class Unit(Struct, frozen=True):
    """A word or phrase of a question."""

    text: str
    options: tuple[Option, ...]
    """As typed first."""
    chinese: bool = False


def units(text: str, synonyms: Synonyms | None = None) -> list[Unit]:
    """The units of a question, in order; empty if it holds no word."""
    known = synonyms or {}
    found: list[Unit] = []
    names: list[str] = []
    for piece in (*pieces(text), None):
        if piece and not piece.chinese:
            names.append(piece.text)
            continue
        found += _latin(names, known)
        names = []
        if piece:
            found += _chinese(piece, known)
    return found


def _latin(names: list[str], known: Synonyms) -> list[Unit]:
    """Neighbouring Latin words: phrases with synonyms first, the longest first; then words."""
    made = []
    at = 0
    while at < len(names):
        for length in range(min(LONGEST, len(names) - at) if known else 1, 0, -1):
            phrase = " ".join(names[at : at + length])
            others = known.get(plain(phrase)) if known else ()
            if others or length == 1:
                made.append(_phrase(phrase, others or ()) if length > 1 else _word(phrase, others or ()))
                at += length
                break
    return made


def _chinese(piece: Piece, known: Synonyms) -> list[Unit]:
    """A run of Chinese: phrases with synonyms, and what is left between them in pairs."""
    made: list[Unit] = []
    rest = ""
    run, at = piece.text, 0
    while at < len(run):
        phrase = next(
            (
                run[at : at + n]
                for n in range(min(2 * LONGEST, len(run) - at), 1, -1)
                if run[at : at + n] in known
            ),
            "",
        )
        if phrase:
            made += _pairs(rest, known)
            rest = ""
            made.append(_phrase(phrase, known[phrase], chinese=True))
            at += len(phrase)
        else:
            rest += run[at]
            at += 1
    made += _pairs(rest, known)
    return made or [Unit(run, (Option((run,)),), chinese=True)]


def _pairs(run: str, known: Synonyms) -> list[Unit]:
    """What is left between phrases: pairs of characters, or one that means something."""
    if not run:
        return []
    if len(run) == 1:
        return [] if run in LONE_PARTICLES else [_phrase(run, known.get(run, ()), chinese=True)]
    return [Unit(pair, (Option((pair,)),), chinese=True) for pair in run_terms(run)]


def _word(name: str, others: tuple[str, ...]) -> Unit:
    whole, *parts = name_terms(name)
    options = [Option((whole,))]
    options += [Option((part,), PART, part) for part in parts if part not in MODULES]
    return Unit(name, (*options, *map(_synonym, others)))


def _phrase(phrase: str, others: tuple[str, ...], chinese: bool = False) -> Unit:
    own = Option(_synonym(phrase).terms)
    return Unit(phrase, (own, *map(_synonym, others)), chinese=chinese)


def _synonym(phrase: str) -> Option:
    terms: list[str] = []
    for piece in pieces(phrase):
        terms += run_terms(piece.text) if piece.chinese else name_terms(piece.text)[:1]
    return Option(tuple(terms), SYNONYM, phrase)
