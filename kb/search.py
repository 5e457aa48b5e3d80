"""Questions to answers: `Query` → ranked `Hit`s, each with the reason why it was found."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from whoosh import query as whoosh_query
from whoosh.query import Or, Term

from kb.analyze import Word, fold, query_words
from kb.errors import BadQuery
from kb.index import WEIGHTS
from kb.model import Evidence, Hit, Query
from kb.names import normalize, suggest

if TYPE_CHECKING:
    from kb.load import Library

FILTERS = {"tag": "tags", "category": "categories", "api": "api"}
"""Prefixes that narrow a search, and the field of `Query` that each fills."""

CANDIDATES = 60
"""How many of Whoosh's best documents are ranked finely."""

NOISE = 0.03
"""Entries that score less than this share of the best are left out: they share a common word."""

NAMED = 2.0
"""How much more an entry counts when a word of the question is its id or one of its aliases."""

_FILTER = re.compile(r"(?<!\S)(tag|category|api):(\S+)")


class Found(Struct, frozen=True):
    """What a search comes back with."""

    hits: list[Hit]
    corrected: dict[str, tuple[str, ...]]
    """Words that no entry knows, and the known words that were searched for in their place."""
    suggestions: tuple[str, ...]
    """When there is no hit: what would have hit."""


def parse(text: str, limit: int = 10) -> Query:
    """Read a typed query. Anything that is not a complete filter is a plain word.

    Raises BadQuery if it is empty.
    """
    filters: dict[str, list[str]] = {"tags": [], "categories": [], "api": []}
    folded = fold(text)
    for name, value in _FILTER.findall(folded):
        filters[FILTERS[name]].append(normalize(value) if name != "api" else value.lower())
    words = _FILTER.sub(" ", folded).strip()
    if not words and not any(filters.values()):
        raise BadQuery("nothing to search for; try: ptnote search amp")
    return Query(words=words, limit=limit, **{name: tuple(values) for name, values in filters.items()})


def search(library: Library, query: Query) -> Found:
    """The best entries for a query, best first.

    An entry whose id or alias the query is comes first, always. Raises BadQuery if the query holds
    neither words nor filters, only punctuation.
    """
    words = query_words(query.words)
    narrowed = _filter(query)
    if not words and narrowed is None:
        raise BadQuery(f"'{query.words}' holds no word to search for; try: ptnote search amp")
    with library.index.searcher() as searcher:
        known, corrected = _correct(searcher, words)
        hits = _rank(library, searcher, known, narrowed) if known or not words else []
        exact = _named(library, query.words, words, corrected)
        if exact and (narrowed is None or _passes(searcher, exact, narrowed)):
            hits = _first(library, exact, hits)
        suggestions = () if hits else _suggest(library, words)
    return Found(hits[: query.limit], corrected, suggestions)


def _named(
    library: Library, text: str, words: list[Word], corrected: dict[str, tuple[str, ...]]
) -> str | None:
    """The entry whose id or alias the question is: as typed, without stray punctuation and small
    words, without the module before a name (`nn.Dropout`), or with its slips mended."""
    bare = " ".join(_rejoined([word.text for word in words]))
    module, _, name = bare.rpartition(".")
    forms = (text, bare, name if module and " " not in bare else "", _mended(text, corrected))
    return next((id for form in forms if form and (id := library.resolve(form))), None)


def _mended(text: str, corrected: dict[str, tuple[str, ...]]) -> str:
    """The query with each unknown word replaced by the known word nearest to it."""
    for word, near in corrected.items():
        text = text.replace(word, near[0])
    return text


def _filter(query: Query) -> Any:
    """The filters as a Whoosh query; None when there are none."""
    terms = [Term("tags", tag) for tag in query.tags]
    terms += [Term("category", category) for category in query.categories]
    for name in query.api:
        word = query_words(name)
        terms += [Term("api", word[0].terms[0])] if word else []
    return whoosh_query.And(terms) if terms else None


def _passes(searcher: Any, id: str, narrowed: Any) -> bool:
    return bool(searcher.search(whoosh_query.And([Term("key", id), narrowed]), limit=1))


def _correct(searcher: Any, words: list[Word]) -> tuple[list[Word], dict[str, tuple[str, ...]]]:
    """Replace words that occur nowhere by the known words nearest to them."""
    reader = searcher.reader()
    corrected: dict[str, tuple[str, ...]] = {}
    known: list[Word] = []
    for word in words:
        if any((name, term) in reader for name in WEIGHTS for term in word.terms):
            known.append(word)
            continue
        near = _near(reader, word.text.lower())
        if near:
            corrected[word.text] = near
            terms = tuple(term for text in near for one in query_words(text) for term in one.terms[:1])
            known.append(Word("/".join(near), terms))
    return known, corrected


def _near(reader: Any, text: str) -> tuple[str, ...]:
    """Known words that begin like `text`, or else are a slip or two of the keyboard away."""
    if len(text) < 3:
        return ()
    begins = [term.decode() for term in reader.expand_prefix("word", text)]
    if begins:
        return tuple(sorted(begins, key=len)[:5])
    for distance in (1, 2) if len(text) > 4 else (1,):
        near = [term for term in reader.terms_within("word", text, distance, prefix=1) if len(term) > 2]
        if near:
            return tuple(sorted(near, key=lambda term: -reader.doc_frequency("word", term))[:3])
    return ()


def _rank(library: Library, searcher: Any, words: list[Word], narrowed: Any) -> list[Hit]:
    """Whoosh finds and scores (BM25F over weighted fields); how much of the question an entry
    answers then decides among its candidates."""
    wanted = Or([_word_query(word) for word in words]) if words else whoosh_query.Every()
    results = searcher.search(wanted, filter=narrowed, limit=CANDIDATES, terms=bool(words))
    named = {library.resolve(text) for text in _rejoined([word.text for word in words])}
    hits = []
    for result in results:
        matched: dict[str, set[str]] = {}
        for name, term in result.matched_terms() if words else ():
            matched.setdefault(term.decode(), set()).add(name)
        score = (result.score or 0.0) * _coverage(words, matched)
        score *= NAMED if result["key"] in named else 1.0
        hits.append(_hit(library, result["key"], score, _evidence(words, matched)))
    floor = NOISE * max((hit.score for hit in hits), default=0.0)
    return sorted((hit for hit in hits if hit.score >= floor), key=lambda hit: (-hit.score, hit.id))


def _word_query(word: Word) -> Any:
    """Any term of the word in any field. A whole name counts fully, its parts less."""
    share = [1.0] + [0.5] * (len(word.terms) - 1)
    return Or(
        [
            Term(name, term, boost=weight * part)
            for term, part in zip(word.terms, share, strict=True)
            for name, weight in WEIGHTS.items()
        ]
    )


def _coverage(words: list[Word], matched: dict[str, set[str]]) -> float:
    """From 0 to 1: the share of the question's words that an entry holds, squared, so that an entry
    with all of them beats one that repeats a single rare word."""
    if not words:
        return 1.0
    found = sum(
        1.0 if word.terms[0] in matched else 0.6 if any(t in matched for t in word.terms) else 0.0
        for word in words
    )
    return (found / len(words)) ** 2


def _evidence(words: list[Word], matched: dict[str, set[str]]) -> tuple[Evidence, ...]:
    by_field: dict[str, dict[str, None]] = {}
    for word in words:
        for term in word.terms:
            for name in matched.get(term, ()):
                by_field.setdefault(name, {})[word.text] = None
    return tuple(Evidence(name, _rejoined(by_field[name])) for name in WEIGHTS if name in by_field)


def _rejoined(pieces: Iterable[str]) -> tuple[str, ...]:
    """Words as they were typed: the overlapping pairs of a Chinese run become one again."""
    whole: list[str] = []
    for piece in pieces:
        if whole and not piece.isascii() and whole[-1][-1] == piece[0]:
            whole[-1] += piece[1:]
        else:
            whole.append(piece)
    return tuple(whole)


def _hit(library: Library, id: str, score: float, why: tuple[Evidence, ...]) -> Hit:
    head = library.heads[id]
    return Hit(
        id=id,
        title=head.title,
        summary=head.summary,
        category=head.category,
        tags=head.tags,
        score=round(score, 3),
        why=why,
    )


def _first(library: Library, id: str, hits: list[Hit]) -> list[Hit]:
    """`hits` with the entry `id` at their head."""
    found = next((hit for hit in hits if hit.id == id), None)
    top = max((hit.score for hit in hits), default=0.0)
    first = found or _hit(library, id, top, ())
    first = msgspec.structs.replace(
        first, score=max(top, first.score), why=(Evidence("name", ()), *first.why)
    )
    return [first, *(hit for hit in hits if hit.id != id)]


def _suggest(library: Library, words: list[Word]) -> tuple[str, ...]:
    names = {normalize(alias): alias for head in library.heads.values() for alias in head.aliases}
    names |= {id: id for id in library.heads}
    near = [names[n] for word in words for n in suggest(word.text, names, limit=2)]
    return tuple(dict.fromkeys(near))[:3]
