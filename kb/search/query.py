"""A query as somebody types it: free words, and filters such as `tag:amp`."""

from __future__ import annotations

import re

from msgspec import Struct

from kb.errors import BadQuery
from kb.text.fold import fold
from kb.text.names import normalize

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

    @property
    def narrowed(self) -> bool:
        """Whether it has filters."""
        return bool(self.tags or self.categories or self.api)


def parse(text: str, limit: int = 10) -> Query:
    """Read a typed query. Anything that is not a complete filter is a word.

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
