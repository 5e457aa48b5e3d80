"""What of an entry goes into the index."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from kb.content.entry import Entry, Text
from kb.search.posting import pack
from kb.search.terms import bigrams_by_pinyin, is_chinese, link_term, pinyin_terms, text_terms, words
from kb.search.typical import typical_terms
from kb.search.units import units
from kb.search.weights import FIELDS

Names = list[tuple[str, list[str]]]
"""Everything an entry is called, each with its distinct terms."""

NAME, SNIPPET, SENTENCE = 1.0, 0.5, 0.15
"""What an example counts: a name or a phrase that is asked, the title of a snippet, a sentence."""

_SENTENCE_END = r"(?<=[.?!])\s+|(?<=[。？！；])\s*"

NAME_FIELDS = ("id", "alias", "title", "api", "tag")
"""Fields that hold names and no sentences."""

SHORT_FIELDS = (*NAME_FIELDS, "asked", "summary")
"""Fields whose words corrections may offer, and whose single Chinese characters are found."""

NAME_BITS = sum(1 << FIELDS.index(name) for name in NAME_FIELDS)
SHORT_BITS = sum(1 << FIELDS.index(name) for name in SHORT_FIELDS)
"""The bits of these fields in a posting."""


def document(entry: Entry) -> dict[str, Any]:
    """The fields of the Whoosh document of an entry, see `kb.search.index`."""
    texts = field_texts(entry)
    bits: dict[str, int] = {}
    for position, name in enumerate(FIELDS):
        for term in text_terms(texts[name], singles=name in SHORT_FIELDS):
            bits[term] = bits.get(term, 0) | 1 << position
    for name in (entry.title.zh, *filter(is_chinese, entry.aliases)):
        for term in pinyin_terms(name):
            bits[term] = bits.get(term, 0) | 1 << FIELDS.index("alias")
    typical = typical_terms(examples(entry))
    links = [(link_term(id), pack(0, 0.0)) for id in entry.see_also]
    spelling = {word for name in SHORT_FIELDS for word in words(texts[name])}
    spelling |= {one for name in ("alias", "title", "tag") for one in bigrams_by_pinyin(texts[name])}
    return {
        "key": entry.id,
        "term": [*((term, pack(fields, typical.get(term, 0.0))) for term, fields in bits.items()), *links],
        "word": " ".join(spelling),
        "names": entry_names(entry),
    }


def field_texts(entry: Entry) -> dict[str, str]:
    """What an entry says in each weighted field."""
    return {
        "id": entry.id,
        "alias": "\n".join(entry.aliases),
        "title": "\n".join(_sides([entry.title])),
        "asked": "\n".join(entry.asked),
        "api": "\n".join(entry.api),
        "tag": "\n".join((*entry.tags, entry.category)),
        "summary": "\n".join(_sides([entry.summary])),
        "errors": "\n".join(pattern.match for pattern in entry.error_patterns),
        "explain": "\n".join(_sides([*_prose(entry), *_titles(entry)])),
        "code": "\n".join([entry.answer, *(snippet.code for snippet in entry.snippets)]),
    }


def entry_names(entry: Entry) -> Names:
    """Id, titles, aliases, how it is asked for, and functions, each with its terms. The index keeps them,
    because analyzing names anew would take most of the time of a search."""
    functions = [api.rpartition(".")[2] for api in entry.api]
    return [
        (name, sorted({term for unit in units(name) for term in unit.options[0].terms}))
        for name in (*_names(entry), *functions)
    ]


def examples(entry: Entry) -> Iterator[tuple[str, float]]:
    """Texts that mean this entry, and what each counts when it is learned what is typical of the entry."""
    yield from ((name, NAME) for name in (*_names(entry), *entry.api))
    yield from ((title, SNIPPET) for title in _sides(_titles(entry)))
    for text in _sides([entry.summary, *_prose(entry)]):
        yield from ((sentence, SENTENCE) for sentence in re.split(_SENTENCE_END, text))
    yield from ((pattern.match, SENTENCE) for pattern in entry.error_patterns)


def _names(entry: Entry) -> tuple[str, ...]:
    """Id, titles, aliases, and how it is asked for."""
    return (entry.id.replace("-", " "), *_sides([entry.title]), *entry.aliases, *entry.asked)


def _titles(entry: Entry) -> list[Text]:
    return [snippet.title for snippet in entry.snippets if snippet.title]


def _prose(entry: Entry) -> list[Text]:
    myths = [text for myth in entry.myths for text in (myth.said, myth.truth)]
    return [entry.explain, *entry.pitfalls, *myths]


def _sides(texts: Iterable[Text]) -> list[str]:
    """Texts in either language."""
    return [side for text in texts for side in (text.en, text.zh)]
