"""Whether a question to the search is an error message.

Every search asks this, and nearly none of them is, so what compares messages is imported only where one
looks like it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kb.messages.plain import flat, lower

if TYPE_CHECKING:
    from kb.content.entry import ErrorPattern
    from kb.content.folder import Folder
    from kb.content.shelf import Shelf

QUERY = 16
"""Characters from which on a search query may be an error message."""


def explain_query(shelf: Shelf, text: str) -> str | None:
    """The id of the entry that explains a search query, if the query is an error message; else None.

    A search compares one short text only, so a table of all patterns would cost more than it saves: the
    patterns of an entry are looked at if the text holds the longest fixed piece of one of them.
    """
    if len(text) < QUERY:
        return None
    lowered = lower(flat(text))
    near = [row for folder in shelf.folders for row in _near(shelf, folder, lowered)]
    if not near:
        return None
    from kb.messages.match import PatternTable

    found = PatternTable(near).explain(text, near=text)
    return found.id if found else None


def _near(shelf: Shelf, folder: Folder, lowered: str) -> Iterator[tuple[str, ErrorPattern]]:
    """The patterns of those visible entries of a folder of which a text holds a piece, with their ids."""
    ids = {id for piece, id in longest_pieces(folder) if piece in lowered and shelf.holders[id] is folder}
    if ids:
        patterns = folder.patterns()
        yield from ((id, pattern) for id in patterns if id in ids for pattern in patterns[id])


def longest_pieces(folder: Folder) -> list[tuple[str, str]]:
    """The longest fixed piece of each pattern of a folder, with the id of the entry. They are kept beside the
    patterns, because most searches need nothing else of them."""
    kept = folder.store.read("pieces", tuple[int, list[tuple[str, str]]])
    if kept and folder.revision and kept[0] == folder.revision:
        return kept[1]
    from kb.messages.pattern import parse

    pieces = [
        (max(parse(pattern.match).pieces, key=len), id)
        for id, patterns in folder.patterns().items()
        for pattern in patterns
    ]
    if folder.revision:
        folder.store.write("pieces", (folder.revision, pieces))
    return pieces
