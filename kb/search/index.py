"""The search index: one Whoosh index for each folder of entries, searched together.

An index lies in its folder's store. It is built beside its place and renamed into it, so that a kill
half-way leaves nothing that is read; later changes are Whoosh commits, which are atomic as well. A
damaged index is thrown away and built once more; where nothing can be kept, it lives in memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from kb.content.cache import Store
from kb.content.entry import Head
from kb.content.folder import Folder
from kb.content.shelf import Shelf
from kb.search import backend
from kb.search.document import Names, document

Progress = Callable[[int, int], None]
"""Called with (entries done, entries in all) while an index is built."""

MARK = "indexed"
"""The value in the store that says what the index holds."""


class _Mark(Struct, array_like=True):
    """What an index holds: the revision of the folder, and the digest of each of its entries."""

    revision: int
    digests: dict[str, str]


class Index:
    """The indexes of all folders of a shelf, read as one."""

    def __init__(self, shelf: Shelf, readers: list[Any], notices: list[str]) -> None:
        self.shelf = shelf
        self.notices = notices
        """What went another way than planned, one line each."""
        self.leaves = readers
        """Whoosh's reader of each folder."""
        self.reader = readers[0] if len(readers) == 1 else backend.MultiReader(readers)
        """All of them as one; it answers as of the time of opening."""
        starts = [0]
        for reader in readers:
            starts.append(starts[-1] + reader.doc_count_all())
        self._starts = starts

    @classmethod
    def open(cls, shelf: Shelf, progress: Progress | None = None) -> Index:
        """The index of a shelf, built or brought up to date if need be."""
        notices: list[str] = []
        readers = [_open_folder(folder, progress, notices) for folder in shelf.folders]
        return cls(shelf, readers, notices)

    def stored(self, number: int) -> tuple[Head | None, Names]:
        """The entry of a document, and its names; no entry if it is gone or hidden by another folder's."""
        fields = self.reader.stored_fields(number)
        id = fields["key"]
        place = next(i for i, start in enumerate(self._starts[1:]) if number < start)
        visible = self.shelf.holders.get(id) is self.shelf.folders[place]
        return self.shelf.heads[id] if visible else None, fields["names"]


def state(shelf: Shelf) -> list[tuple[Path | None, str]]:
    """For each folder, where its index lies and how it is: ready, stale, missing, or in memory. Builds
    nothing, and does not need Whoosh to say so."""
    return [(_place(folder.store), _state(folder)) for folder in shelf.folders]


def _state(folder: Folder) -> str:
    place = _place(folder.store)
    if place is None:
        return "in memory"
    if not place.is_dir():
        return "missing"
    return "ready" if _is_current(folder) else "stale"


def _place(store: Store) -> Path | None:
    return store.directory / "index" if store.directory else None


def _is_current(folder: Folder) -> bool:
    mark = folder.store.read(MARK, _Mark)
    if mark is None:
        return False
    return mark.revision == folder.revision != 0 or mark.digests == _digests(folder)


def _digests(folder: Folder) -> dict[str, str]:
    return {id: head.digest for id, head in folder.heads.items()}


def _open_folder(folder: Folder, progress: Progress | None, notices: list[str]) -> Any:
    store = folder.store
    place = _place(store)
    if place is None:
        return _in_memory(folder, progress)
    try:
        return _current(place, folder, progress)
    except OSError as error:
        store.give_up(error)
        return _in_memory(folder, progress)
    except Exception as error:  # noqa: BLE001 - Whoosh answers damage with whatever it trips over
        notices.append(f"the search index was damaged ({type(error).__name__}) and is built anew")
    try:
        import shutil

        shutil.rmtree(place, ignore_errors=True)
        return _current(place, folder, progress)
    except Exception as error:  # noqa: BLE001
        notices.append(f"searching in memory, the index cannot be rebuilt: {error}")
        return _in_memory(folder, progress)


def _current(place: Path, folder: Folder, progress: Progress | None) -> Any:
    if not place.is_dir():
        _build(place, folder, progress)
    index = backend.open_dir(str(place))
    if not folder.store.shipped and not _is_current(folder):
        _update(index, folder)
    return index.reader()  # trips over damage here, where it can still be mended


def _build(place: Path, folder: Folder, progress: Progress | None) -> None:
    """Build an index from nothing, beside its place; if another process was faster, use its."""
    import shutil
    import tempfile

    scratch = Path(tempfile.mkdtemp(prefix="building-", dir=place.parent))
    try:
        index = backend.create_in(str(scratch), backend.schema())
        _fill(index, folder, progress)
        os.rename(scratch, place)
        _mark(folder)
    except OSError:
        if not place.is_dir():
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def build_into(store: Store, folder: Folder) -> None:
    """Build the index of a folder in a store that is being made for a wheel."""
    place = _place(store)
    assert place is not None
    _build(place, folder, None)


def _in_memory(folder: Folder, progress: Progress | None) -> Any:
    index = backend.MemoryStorage().create_index(backend.schema())
    _fill(index, folder, progress)
    return index.reader()


def _fill(index: Any, folder: Folder, progress: Progress | None) -> None:
    writer = index.writer(codec=backend.codec())
    try:
        for done, id in enumerate(folder.heads, 1):
            writer.add_document(**document(folder.entry(id)))
            if progress:
                progress(done, len(folder.heads))
    except BaseException:
        writer.cancel()
        raise
    writer.commit()


def _update(index: Any, folder: Folder) -> None:
    """Bring the index up to date with what changed. If another process is writing, leave it to that one
    and answer from what is there: its next reader sees the rest."""
    try:
        writer = index.writer(codec=backend.codec())
    except backend.LockError:
        return
    mark = folder.store.read(MARK, _Mark)
    known = mark.digests if mark else {}
    for key in {fields["key"] for fields in index.reader().all_stored_fields()} - folder.heads.keys():
        writer.delete_by_term("key", key)
    for id, head in folder.heads.items():
        if known.get(id) != head.digest:
            writer.update_document(**document(folder.entry(id)))
    writer.commit()
    _mark(folder)


def _mark(folder: Folder) -> None:
    folder.store.write(MARK, _Mark(folder.revision, _digests(folder)))
