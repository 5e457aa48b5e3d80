"""The search index: one Whoosh index for each folder of entries, searched together.

An index lies in its folder's store, see `snapshot`. What it does not hold yet, because another process is
writing or because nothing can be written, is indexed in memory for this search: an answer is never older
than the entries were when the search began.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from kb.content.cache import Store
from kb.content.entry import Head
from kb.content.folder import Folder
from kb.content.shelf import Shelf
from kb.search import backend, snapshot
from kb.search.document import Names
from kb.search.snapshot import Damaged, Progress


class Leaf(NamedTuple):
    """One Whoosh index, and what it speaks for."""

    reader: Any
    folder: Folder
    outdated: frozenset[str] = frozenset()
    """Ids of entries that it holds in an older form than another leaf of the same folder."""


class Index:
    """The indexes of all folders of a shelf, read as one."""

    def __init__(self, shelf: Shelf, leaves: list[Leaf], notices: list[str]) -> None:
        self.shelf = shelf
        self.notices = notices
        """What went another way than planned, one line each."""
        self.leaves = [leaf.reader for leaf in leaves]
        """Whoosh's readers."""
        self.reader = self.leaves[0] if len(leaves) == 1 else backend.MultiReader(self.leaves)
        """All of them as one; it answers as of the time of opening."""
        self.counts: dict[str, int] = {}
        """How many documents hold a term, for those terms that were looked up so far."""
        self._leaves = leaves
        starts = [0]
        for reader in self.leaves:
            starts.append(starts[-1] + reader.doc_count_all())
        self._starts = starts

    @classmethod
    def open(cls, shelf: Shelf, progress: Progress | None = None) -> Index:
        """The index of a shelf, built or brought up to date if need be."""
        notices: list[str] = []
        leaves = [leaf for folder in shelf.folders for leaf in _open_folder(folder, progress, notices)]
        return cls(shelf, leaves, notices)

    def stored(self, number: int) -> tuple[Head | None, Names]:
        """The entry of a document, and its names; no entry if it is gone, changed, or hidden by another
        folder's."""
        fields = self.reader.stored_fields(number)
        id = fields["key"]
        leaf = self._leaves[next(i for i, start in enumerate(self._starts[1:]) if number < start)]
        visible = self.shelf.holders.get(id) is leaf.folder and id not in leaf.outdated
        return self.shelf.heads[id] if visible else None, fields["names"]


def state(shelf: Shelf) -> list[tuple[Path | None, str]]:
    """For each folder, where its index lies and how it is: ready, stale, missing, or in memory. Builds
    nothing."""
    return [(snapshot.home(folder.store), _state(folder)) for folder in shelf.folders]


def _state(folder: Folder) -> str:
    place = snapshot.home(folder.store)
    if place is None:
        return "in memory"
    mark = snapshot.read_mark(folder.store)
    if mark is None or not (place / mark.snapshot).is_dir():
        return "missing"
    return "stale" if mark.stale(folder) and not folder.store.shipped else "ready"


def build_into(store: Store, folder: Folder) -> None:
    """Build the index of a folder in a store that is being made for a wheel."""
    assert folder.store is store
    snapshot.renew(folder, None, name="built-in")


def _open_folder(folder: Folder, progress: Progress | None, notices: list[str]) -> list[Leaf]:
    store = folder.store
    known = None
    try:
        known = snapshot.open_newest(store)
        if known and (store.shipped or not known[0].stale(folder)):
            return [Leaf(known[1], folder)]
    except Damaged:
        advice = "reinstall ptnote-pytorch" if store.shipped else "it is built anew"
        notices.append(f"the search index was damaged; {advice}")
    with store.writing("lock-index") as alone:
        if alone:
            try:
                return [Leaf(snapshot.renew(folder, progress), folder)]
            except Exception as error:  # noqa: BLE001 - a full disk, for example, in whatever Whoosh makes of it
                store.give_up(error if isinstance(error, OSError) else OSError(str(error)))
    if known is None:
        return [Leaf(snapshot.in_memory(folder, folder.heads, progress), folder)]
    mark, reader = known
    changed = frozenset(id for id, head in folder.heads.items() if mark.digests.get(id) != head.digest)
    return [Leaf(reader, folder, changed), Leaf(snapshot.in_memory(folder, changed), folder)]
