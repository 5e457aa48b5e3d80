"""A query as somebody types it: free words, and filters such as `tag:amp`."""

from __future__ import annotations

import re

from msgspec import Struct

from kb.errors import BadQuery
from kb.text.fold import fold
from kb.text.names import normalize

LENGTH_LIMIT = 400
"""Characters of a query that are looked at. The work grows with the square of the number of words."""

_ERROR = re.compile(r"[\w.]*(Error|Exception|Warning|Interrupt)\b")

FILTERS = {"tag": "tags", "category": "categories", "api": "api"}
"""Prefixes that narrow a search, and the field of `Query` that each fills."""

_FILTER = re.compile(r"(?<!\S)(tag|category|api):(\S+)")


class Query(Struct, frozen=True, kw_only=True):
    """A question put to the library."""

    words: str
    """Folded, without the filters."""
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    api: tuple[str, ...] = ()
    limit: int = 10
    cut: bool = False
    """Whether the text was too long, and only a part of it is searched for."""

    @property
    def narrowed(self) -> bool:
        """Whether it has filters."""
        return bool(self.tags or self.categories or self.api)


def parse(text: str, limit: int = 10) -> Query:
    """Read a typed query. Anything that is not a complete filter is a word. Of a text that is too long
    its beginning counts, and of a traceback its last line.

    Raises BadQuery if it is empty.
    """
    filters: dict[str, list[str]] = {"tags": [], "categories": [], "api": []}
    text = text.strip()
    cut = len(text) > LENGTH_LIMIT
    if cut:
        last = text[-LENGTH_LIMIT:].rpartition("\n")[2]
        text = last if _ERROR.match(last) else text[:LENGTH_LIMIT]
    folded = fold(text)
    for name, value in _FILTER.findall(folded):
        filters[FILTERS[name]].append(normalize(value) if name != "api" else value.lower())
    words = _FILTER.sub(" ", folded).strip()
    if not words and not any(filters.values()):
        raise BadQuery("nothing to search for; try: ptnote search amp")
    narrowed = {name: tuple(values) for name, values in filters.items()}
    return Query(words=words, limit=limit, cut=cut, **narrowed)
