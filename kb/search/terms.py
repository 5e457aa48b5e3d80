"""Text in either language, and code, to search terms.

Whoosh's own analyzers make one term of a whole Chinese phrase, and of a whole dotted name: 混合精度
would never find 混合精度训练, nor `view` find `torch.Tensor.view`. Here:

- identifiers are kept whole *and* split at dots, underscores, dashes and changes of case;
- English words are lower-cased and stemmed (Porter 2), so that `clipping` finds `clip`;
- a run of Chinese becomes overlapping bigrams, pairs of characters; in name fields also the single
  characters, so that a query of one character finds something;
- full-width letters and digits are folded to plain ones, traditional characters to simplified ones.

Of Whoosh only the stemmer is used; terms are plain strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from msgspec import Struct

from kb.search.stopwords import QUESTION_WORDS, STOP_WORDS
from kb.text.fold import fold

PINYIN = "~"
"""Begins the terms that are the pinyin of a name."""

LINK = ">"
"""Begins the terms of the entries that an entry names in its `see_also`."""

_CHINESE = re.compile("([\u3400-\u9fff\uf900-\ufaff]+)")
_NAME = re.compile(r"\w+(?:[._-]+\w+)*")
_VERBS = {"ca": "can", "wo": "will"}
_HUMP = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\dA-Za-z_]+")


def text_terms(text: str, singles: bool = True) -> list[str]:
    """All terms of a text, in order and with repeats.

    `singles` tells whether each Chinese character in a run is a term of its own, too.
    """
    terms: list[str] = []
    for run in _runs(text):
        if run.chinese:
            if singles or len(run.text) == 1:
                terms.extend(run.text)
            terms.extend(_bigrams(run.text))
        else:
            terms.extend(name_terms(run.text))
    return terms


class Run(Struct, frozen=True):
    """A run of a text: Chinese characters, or one Latin word or dotted name."""

    text: str
    chinese: bool


def _runs(text: str) -> Iterator[Run]:
    """The runs of a text in order, folded."""
    folded = fold(text)
    # one pattern for both kinds would do, but takes re six milliseconds to compile
    parts = [folded] if folded.isascii() else _CHINESE.split(folded)
    for place, part in enumerate(parts):
        if place % 2:
            yield Run(part, True)
        else:
            yield from (Run(name, False) for name in _NAME.findall(_spelled_out(part)))


def _spelled_out(text: str) -> str:
    """A text with *do not* in the place of *don't*, and *it* in the place of *it's*."""
    text = text.replace("’", "'")
    if "'" not in text:
        return text
    return _short_forms().sub(lambda f: f"{_VERBS.get(f[1].lower(), f[1])} not" if f[1] else "", text)


@cache
def _short_forms() -> re.Pattern[str]:
    """Matches a verb with *n't*, and other contractions. Compiled only when a text holds an apostrophe."""
    return re.compile(r"([a-z]+)n't\b|(?<=[a-z])'(?:s|m|re|ve|ll|d)\b", re.IGNORECASE)


def content_runs(text: str) -> list[Run]:
    """The runs of a question without its stop words, unless it holds nothing else."""
    every = list(_runs(text))
    kept = []
    for run in every:
        if run.chinese:
            kept += [Run(part, True) for part in _question_words().split(run.text) if part]
        elif run.text.lower() not in STOP_WORDS:
            kept.append(run)
    return kept or every


@cache
def _question_words() -> re.Pattern[str]:
    """Matches the Chinese question words. Compiled only when a question holds Chinese."""
    return re.compile("|".join(QUESTION_WORDS))


def chinese_terms(run: str) -> tuple[str, ...]:
    """A run of Chinese as overlapping bigrams; a single character stays one term."""
    return (run,) if len(run) == 1 else tuple(_bigrams(run))


def link_term(id: str) -> str:
    """The term that every entry holds which refers to the entry `id`."""
    return LINK + id


def is_chinese(name: str) -> bool:
    """Whether a name is one run of Chinese."""
    return _CHINESE.fullmatch(fold(name)) is not None


def pinyin_terms(name: str) -> set[str]:
    """The pinyin of each run of Chinese in a name, in full and as initials: ~hunhejingdu, ~hhjd."""
    from kb.text.pinyin import syllables

    made = set()
    for run in _runs(name):
        if run.chinese and len(run.text) > 1:
            read = syllables(run.text)
            made |= {PINYIN + "".join(read), PINYIN + "".join(one[0] for one in read)}
    return made


def bigrams_by_pinyin(name: str) -> set[str]:
    """Each Chinese bigram of a name behind its pinyin, for finding homophones: ~zhangliang~张量."""
    runs = (run.text for run in _runs(name) if run.chinese)
    return {pinyin_prefix(pair) + pair for run in runs for pair in _bigrams(run)}


def pinyin_prefix(pair: str) -> str:
    """What the `bigrams_by_pinyin` of all bigrams that sound like this one begin with."""
    from kb.text.pinyin import syllables

    return f"{PINYIN}{''.join(syllables(pair))}{PINYIN}"


def rejoined(texts: Iterable[str]) -> tuple[str, ...]:
    """Words as they were typed: the overlapping bigrams of a Chinese run become one word again."""
    whole: list[str] = []
    for piece in texts:
        if whole and not piece.isascii() and whole[-1][-1] == piece[0]:
            whole[-1] += piece[1:]
        else:
            whole.append(piece)
    return tuple(dict.fromkeys(whole))


def words(text: str) -> Iterator[str]:
    """The unstemmed English words and parts of names in a text, which spelling correction may offer."""
    for run in _runs(text):
        if not run.chinese:
            yield run.text.lower()
            yield from (hump.lower() for hump in _HUMP.findall(run.text) if len(hump) > 2)


def _bigrams(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]


@lru_cache(maxsize=1 << 13)
def name_terms(name: str) -> tuple[str, ...]:
    """A Latin word or dotted name whole, then its parts.

    `nn.Conv2d` → nn.conv2d, nn, conv2d, conv; `clipping` → clip.
    """
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
    return tuple(terms)


def _is_compound(name: str) -> bool:
    return len(_HUMP.findall(name)) > 1


@lru_cache(maxsize=1 << 14)
def _stem(word: str) -> str:
    from whoosh.lang.porter2 import stem  # Whoosh's porter makes clipp of clipping

    return str(stem(word)) if len(word) > 3 and word.isascii() and word.isalpha() else word
