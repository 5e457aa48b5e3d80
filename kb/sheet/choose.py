"""Which entries words choose: each word is a category, a tag, or the name of an entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from kb.errors import UnknownEntry
from kb.sheet.content import Group
from kb.text.names import suggest

if TYPE_CHECKING:
    from kb.content.entry import Head
    from kb.library import Library


def chosen(library: Library, words: Iterable[str] = ()) -> tuple[Group, ...]:
    """The entries that any of the words means, or all without words, by category. Categories come in their
    reading order, and the overview of each first. Raises UnknownEntry for a word that means none, and
    BadFile if a file is gone."""
    asked = [*words]
    wanted = {id for word in asked for id in _meant(library, word)} if asked else set(library.heads)
    names = library.categories()
    by_category: dict[str, list[Head]] = {category: [] for category in names}
    for id, head in library.heads.items():
        if id in wanted:
            by_category.setdefault(head.category, []).append(head)
    groups = []
    for category, heads in by_category.items():
        heads.sort(key=lambda head: "overview" not in head.tags)
        entries = tuple(library.get(head.id) for head in heads)
        if entries:
            groups.append(Group(category, names.get(category), entries))
    return tuple(groups)


def _meant(library: Library, word: str) -> Iterator[str]:
    group = library.select(words=[word])
    if group:
        yield from (head.id for head in group)
        return
    try:
        yield library.get(word).id
    except UnknownEntry as error:
        groups = {name for head in library.heads.values() for name in (head.category, *head.tags)}
        near = dict.fromkeys((*suggest(word, groups), *error.suggestions))
        raise UnknownEntry(word, tuple(near)[:5]) from error
