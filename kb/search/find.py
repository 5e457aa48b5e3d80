"""A question to the entries that answer it: `Query` → `Found`.

What the question names exactly comes first, always; the rest is ranked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kb.content.entry import Head
from kb.content.shelf import Shelf
from kb.errors import BadQuery
from kb.search import synonyms
from kb.search.query import Query
from kb.search.results import Evidence, Found, Hit, make_hit
from kb.search.terms import name_terms, rejoined
from kb.search.units import Unit, units
from kb.search.weights import LEARNED, Weights
from kb.text.names import normalize

if TYPE_CHECKING:
    from kb.search.index import Index

SHOWN = 60
"""Characters of a query that an error repeats."""


def find_name(shelf: Shelf, query: Query) -> Found | None:
    """The answer if one hit is wanted and the query is a name; that takes no index. Else None."""
    if query.limit > 1 or query.narrowed:
        return None
    id = shelf.resolve(query.words)
    return Found([make_hit(shelf.heads[id], 0.0, (Evidence("name", ()),))]) if id else None


def find(index: Index, query: Query, explains: str | None = None, weights: Weights = LEARNED) -> Found:
    """The best entries for a query, best first.

    An entry whose id or alias the query is comes first, then `explains`, the id of the entry that explains
    the query as an error message. Raises BadQuery if the query holds neither words nor filters, only
    punctuation.
    """
    from kb.search.postings import Postings
    from kb.search.rank import Ranking
    from kb.search.spelling import Spelling

    shelf = index.shelf
    allowed = _allowed(shelf, query)
    asked = units(query.words, synonyms.load())
    if not asked:
        if allowed is None:
            shown = query.words if len(query.words) <= SHOWN else f"{query.words[:SHOWN]}…"
            raise BadQuery(f"'{shown}' holds no word to search for; try: ptnote search amp")
        return Found([make_hit(shelf.heads[id], 0.0) for id in sorted(allowed)][: query.limit])
    postings = Postings(index.reader, weights, index.counts)
    known, corrections = Spelling(index, postings).correct(asked)
    hits = Ranking(index, postings).rank(known, query.words, allowed, query.limit)
    exact = _named(shelf, query.words, asked, corrections)
    if exact and (allowed is None or exact in allowed):
        hits = _first(shelf, exact, hits, "name")
    elif explains and (allowed is None or explains in allowed):
        hits = _first(shelf, explains, hits, "message")
    suggestions = () if hits else shelf.similar(unit.text for unit in asked)
    return Found(hits[: query.limit], corrections, suggestions, query.words if query.cut else "")


def _allowed(shelf: Shelf, query: Query) -> set[str] | None:
    """The entries that pass the filters; None when there are no filters."""
    if not query.narrowed:
        return None
    return {head.id for head in shelf.heads.values() if _passes(head, query)}


def _passes(head: Head, query: Query) -> bool:
    tags = set(map(normalize, head.tags))
    apis = {term for api in head.api for term in name_terms(api)}
    return (
        all(tag in tags for tag in query.tags)
        and all(normalize(head.category) == category for category in query.categories)
        and all(name_terms(name)[0] in apis for name in query.api)
    )


def _named(shelf: Shelf, text: str, asked: list[Unit], corrections: dict[str, tuple[str, ...]]) -> str | None:
    """The entry whose id or alias the question is: as typed, without punctuation and stop words, without
    the module before a name (`nn.Dropout`), or with its spelling corrected."""
    bare = " ".join(rejoined([unit.text for unit in asked]))
    module, _, name = bare.rpartition(".")
    for word, near in corrections.items():
        text = text.replace(word, near[0])
    forms = (text, bare, name if module and " " not in bare else "")
    return next((id for form in dict.fromkeys(forms) if form and (id := shelf.resolve(form))), None)


def _first(shelf: Shelf, id: str, hits: list[Hit], reason: str) -> list[Hit]:
    """The hits with the entry `id` at their head."""
    found = next((hit for hit in hits if hit.id == id), None)
    top = max((hit.score for hit in hits), default=0.0)
    first = found or make_hit(shelf.heads[id], top)
    first = msgspec.structs.replace(
        first, score=max(top, first.score), why=(Evidence(reason, ()), *first.why)
    )
    return [first, *(hit for hit in hits if hit.id != id)]
