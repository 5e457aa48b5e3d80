"""Text in either language, and code, to search terms.

Whoosh's own analyzers make a whole Chinese phrase, and a whole dotted name, one term; then 混合精度
never finds 混合精度训练, and `view` never finds `torch.Tensor.view`. Here:

- identifiers are kept whole *and* split at dots, underscores, dashes and changes of case;
- English words are lower-cased and stemmed (Porter 2), so that `clipping` meets `clip`;
- a run of Chinese becomes overlapping pairs of characters; a text also yields the single
  characters, so that a query of one character finds something;
- full-width letters and digits are folded to plain ones.

The module knows nothing of Whoosh but its stemmer: terms go in and out as strings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from msgspec import Struct

VERSION = 1
"""Raise when the same text yields other terms, so that indexes are built anew."""

STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "can",
        "do",
        "does",
        "for",
        "from",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "my",
        "of",
        "on",
        "or",
        "so",
        "that",
        "the",
        "then",
        "this",
        "to",
        "use",
        "using",
        "what",
        "when",
        "which",
        "why",
        "with",
        "you",
        "your",
    ]
)

_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_RUN = re.compile(rf"(?P<cjk>[{_CJK}]+)|(?P<name>[^\W{_CJK}]+(?:[._-]+[^\W{_CJK}]+)*)_*")
_HUMP = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\dA-Za-z_]+")


class Word(Struct, frozen=True):
    """One word of a query as it was typed, and the terms that stand for it."""

    text: str
    terms: tuple[str, ...]
    """The whole word first, then its parts."""


def fold(text: str) -> str:
    """Full-width to half-width, compatibility forms to plain ones; case stays."""
    return unicodedata.normalize("NFKC", text)


def text_terms(text: str) -> list[str]:
    """All terms of a text, in order and with repeats, as the index stores them."""
    terms: list[str] = []
    for match in _RUN.finditer(fold(text)):
        run = match["cjk"]
        if run:
            terms.extend(run)
            terms.extend(_pairs(run))
        else:
            terms.extend(_name_terms(match["name"]))
    return terms


def query_words(text: str) -> list[Word]:
    """The words of a query, without stop words unless it holds nothing else."""
    words = list(_words(text))
    telling = [word for word in words if word.text.lower() not in STOP_WORDS]
    return telling or words


def plain_words(text: str) -> Iterator[str]:
    """The unstemmed English words and parts of names in a text, for spelling suggestions."""
    for match in _RUN.finditer(fold(text)):
        if match["name"]:
            yield match["name"].lower()
            yield from (hump.lower() for hump in _HUMP.findall(match["name"]) if len(hump) > 2)


def _words(text: str) -> Iterator[Word]:
    for match in _RUN.finditer(fold(text)):
        run = match["cjk"]
        if not run:
            yield Word(match["name"], tuple(_name_terms(match["name"])))
        elif len(run) == 1:
            yield Word(run, (run,))
        else:
            yield from (Word(pair, (pair,)) for pair in _pairs(run))


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]


def _name_terms(name: str) -> list[str]:
    """`nn.Conv2d` → nn.conv2d, nn, conv2d, conv, 2, d; `clipping` → clip."""
    terms: dict[str, None] = {}
    whole = name.lower().replace("-", "_")
    terms[whole if _is_compound(name) else _stem(whole)] = None
    for dotted in re.split(r"[.]+", name):
        if not dotted.strip("_-"):
            continue
        part = dotted.lower().replace("-", "_").strip("_")
        terms[part if _is_compound(dotted) else _stem(part)] = None
        terms[_stem(part)] = None  # what the part becomes when it is typed in lower case
        for hump in _HUMP.findall(dotted):
            if len(hump) > 1:
                terms[_stem(hump.lower())] = None
    return list(terms)


def _is_compound(name: str) -> bool:
    return len(_HUMP.findall(name)) > 1


def _stem(word: str) -> str:
    from whoosh.lang.porter2 import stem  # porter makes clipp of clipping

    return str(stem(word)) if len(word) > 3 and word.isascii() and word.isalpha() else word
