"""Questions to answers: `Query` → `Found`. What the question names exactly comes first, always; the
rest is ranked. A single word that is a name is answered without opening the index."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from kb.content.entry import Head
from kb.errors import BadQuery
from kb.search import synonyms
from kb.search.query import Unit, units
from kb.search.results import Evidence, Found, Hit, Query, plain_hit
from kb.search.terms import fold, name_terms, rejoined
from kb.text.names import normalize, suggest

if TYPE_CHECKING:
    from kb.content.shelf import Shelf

FILTERS = {"tag": "tags", "category": "categories", "api": "api"}
"""Prefixes that narrow a search, and the field of `Query` that each fills."""

MESSAGE = 16
"""Characters from which on a question may be an error message."""

CONSULTED = 10
"""Hits whose error patterns are compared with it."""

_FILTER = re.compile(r"(?<!\S)(tag|category|api):(\S+)")


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


def search(shelf: Shelf, query: Query) -> Found:
    """The best entries for a query, best first.

    An entry whose id or alias the query is comes first, always. Raises BadQuery if the query holds
    neither words nor filters, only punctuation.
    """
    allowed = _allowed(shelf, query)
    asked = units(query.words, synonyms.load())
    if not asked:
        if allowed is None:
            raise BadQuery(f"'{query.words}' holds no word to search for; try: ptnote search amp")
        return Found([plain_hit(shelf.heads[id], 0.0) for id in sorted(allowed)][: query.limit], {}, ())
    from kb.search.postings import Postings
    from kb.search.rank import Ranking

    searcher = shelf.index.searcher
    postings = Postings(searcher.reader())
    known, corrected = postings.correct(asked)
    hits = Ranking(shelf, searcher, postings).rank(known, allowed, max(query.limit, CONSULTED))
    exact = _named(shelf, query.words, asked, corrected)
    if exact and (allowed is None or exact in allowed):
        hits = _first(shelf, exact, hits, "name")
    elif told := _told(shelf, query.words, hits):
        hits = _first(shelf, told, hits, "message")
    suggestions = () if hits else _suggest(shelf, asked)
    return Found(hits[: query.limit], corrected, suggestions)


def at_once(shelf: Shelf, query: Query) -> Found | None:
    """The answer if one hit is wanted and the query is a name; that takes no index. Else None."""
    if query.limit > 1 or query.tags or query.categories or query.api:
        return None
    id = shelf.resolve(query.words)
    return Found([plain_hit(shelf.heads[id], 0.0, (Evidence("name", ()),))], {}, ()) if id else None


def _allowed(shelf: Shelf, query: Query) -> set[str] | None:
    """The entries that pass the filters; None when there are none."""
    if not (query.tags or query.categories or query.api):
        return None
    return {head.id for head in shelf.heads.values() if _passes(head, query)}


def _passes(head: Head, query: Query) -> bool:
    tags = set(map(normalize, head.tags))
    apis = {term for api in head.api for term in name_terms(api)}
    return (
        all(tag in tags for tag in query.tags)
        and all(category == normalize(head.category) for category in query.categories)
        and all(name_terms(name)[0] in apis for name in query.api)
    )


def _named(
    shelf: Shelf, text: str, asked: list[Unit], corrected: dict[str, tuple[str, ...]]
) -> str | None:
    """The entry whose id or alias the question is: as typed, without stray punctuation and small
    words, without the module before a name (`nn.Dropout`), or with its slips mended."""
    bare = " ".join(rejoined([unit.text for unit in asked]))
    module, _, name = bare.rpartition(".")
    for word, near in corrected.items():
        text = text.replace(word, near[0])
    forms = (text, bare, name if module and " " not in bare else "")
    return next((id for form in dict.fromkeys(forms) if form and (id := shelf.resolve(form))), None)


def _told(shelf: Shelf, text: str, hits: list[Hit]) -> str | None:
    """The best of the hits that explains the question, if that is an error message."""
    if len(text) < MESSAGE:
        return None
    from kb.messages.failures import Failure
    from kb.why import explain

    found = explain((shelf.entry(hit.id) for hit in hits[:CONSULTED]), Failure("", text, 1))
    return found.entry.id if found and found.entry else None


def _first(shelf: Shelf, id: str, hits: list[Hit], reason: str) -> list[Hit]:
    """`hits` with the entry `id` at their head."""
    found = next((hit for hit in hits if hit.id == id), None)
    top = max((hit.score for hit in hits), default=0.0)
    first = found or plain_hit(shelf.heads[id], top)
    first = msgspec.structs.replace(
        first, score=max(top, first.score), why=(Evidence(reason, ()), *first.why)
    )
    return [first, *(hit for hit in hits if hit.id != id)]


def _suggest(shelf: Shelf, asked: list[Unit]) -> tuple[str, ...]:
    heads = shelf.heads.values()
    names = {normalize(alias): alias for head in heads for alias in head.aliases}
    names |= {id: id for id in shelf.heads}
    near = [names[n] for unit in asked for n in suggest(unit.text, names, limit=2)]
    return tuple(dict.fromkeys(near))[:3]
