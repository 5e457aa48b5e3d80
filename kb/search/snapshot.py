"""The index of one folder on disk, in snapshots: folders of Whoosh's files that never change.

The mark in the store names the snapshot in use, the checksum of each of its files, and the digest of each
entry it holds. An update links the files of the old snapshot into a new one, lets Whoosh commit there, and
then replaces the mark in one rename. A reader therefore sees the old index or the new one, whatever is
written meanwhile; a kill leaves a snapshot that no mark names, which the next writer removes. Whoosh only
ever sees files whose checksums are right.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct

from kb.content.cache import Store
from kb.content.folder import Folder
from kb.errors import BadFile
from kb.search import backend
from kb.search.document import document

Progress = Callable[[int, int], None]
"""Called with (entries done, entries in all) while an index is built."""

MARK = "indexed"
"""The name of the mark in the store."""


class Mark(Struct, array_like=True):
    """Which snapshot is in use, and what it holds."""

    snapshot: str
    files: dict[str, int]
    """Each of Whoosh's files with its checksum."""
    revision: int
    """The revision of the folder whose entries are all in it; 0 if there is none."""
    digests: dict[str, str]
    """Each entry in it, with its digest."""

    def stale(self, folder: Folder) -> bool:
        """Whether it holds other entries than the folder does now."""
        same = self.revision == folder.revision != 0
        return not same and self.digests != digests(folder)


class Damaged(Exception):
    """The snapshot in use cannot be read."""


def digests(folder: Folder) -> dict[str, str]:
    """The digest of each entry of a folder."""
    return {id: head.digest for id, head in folder.heads.items()}


def home(store: Store) -> Path | None:
    """Where the snapshots of a store lie."""
    return store.directory / "index" if store.directory else None


def read_mark(store: Store) -> Mark | None:
    """The mark of a store, if there is one."""
    return store.read(MARK, Mark)


def open_newest(store: Store) -> tuple[Mark, Any] | None:
    """The mark and Whoosh's reader of the snapshot in use; None if there is none. Raises Damaged."""
    mark = read_mark(store)
    while mark is not None:
        try:
            return mark, _open(store, mark)
        except Exception as error:  # Whoosh answers damage with whatever it trips over
            newer = read_mark(store)
            if newer is None or newer.snapshot == mark.snapshot:
                raise Damaged from error
            mark = newer  # the old one was removed while it was being opened
    return None


def renew(folder: Folder, progress: Progress | None, name: str = "") -> Any:
    """Make a snapshot of what the folder holds now, put it in use, and return its reader. What is right
    in the snapshot before is taken over. To be called by one process at a time.

    Raises OSError, and whatever Whoosh trips over; the snapshot before then stays in use.
    """
    store = folder.store
    place = home(store)
    assert place is not None
    place.mkdir(mode=0o700, exist_ok=True)
    try:
        old = open_newest(store)
    except Damaged:
        old = None
    if old and not old[0].stale(folder):
        return old[1]  # another process was faster
    _keep(place, {old[0].snapshot} if old else set())
    made = place / (name or os.urandom(8).hex())
    made.mkdir(mode=0o700)
    try:
        held = _update(made, place, old, folder) if old else _build(made, folder, progress)
        revision = folder.revision if held == digests(folder) else 0
        mark = Mark(made.name, _checksums(made), revision, held)
        reader = _open(store, mark)
        if not store.write(MARK, mark):
            raise OSError("the mark of the index cannot be written")
    except BaseException:
        _keep(place, {old[0].snapshot} if old else set())
        raise
    return reader


def in_memory(folder: Folder, ids: Iterable[str], progress: Progress | None = None) -> Any:
    """The reader of an index of some entries that is kept nowhere."""
    index = backend.MemoryStorage().create_index(backend.schema())
    writer = index.writer(codec=backend.codec(), limitmb=backend.NO_LIMIT)
    _fill(writer, folder, [*ids], progress)
    return index.reader()


def _open(store: Store, mark: Mark) -> Any:
    place = home(store)
    assert place is not None
    # reading all of it takes a tenth of a search; what the package brings along is trusted like its code
    if not store.shipped and _checksums(place / mark.snapshot) != mark.files:
        raise Damaged
    return backend.open_dir(str(place / mark.snapshot)).reader()


def _checksums(snapshot: Path) -> dict[str, int]:
    return {name: _checksum(snapshot / name) for name in sorted(os.listdir(snapshot))}


def _checksum(path: Path) -> int:
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return 0
        with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
            return zlib.crc32(content)


def _build(made: Path, folder: Folder, progress: Progress | None) -> dict[str, str]:
    index = backend.create_in(str(made), backend.schema())
    held = _fill(index.writer(codec=backend.codec()), folder, [*folder.heads], progress)
    _unlock(made)
    return held


def _update(made: Path, place: Path, old: tuple[Mark, Any], folder: Folder) -> dict[str, str]:
    mark = old[0]
    for name in mark.files:
        _link(place / mark.snapshot / name, made / name)
    writer = backend.open_dir(str(made)).writer(codec=backend.codec())
    changed = [id for id, head in folder.heads.items() if mark.digests.get(id) != head.digest]
    for id in {*mark.digests} - {*folder.heads} | {*changed}:
        writer.delete_by_term("key", id)
    kept = {id: digest for id, digest in mark.digests.items() if id in folder.heads and id not in changed}
    held = _fill(writer, folder, changed, None)
    _unlock(made)
    return kept | held


def _fill(writer: Any, folder: Folder, ids: list[str], progress: Progress | None) -> dict[str, str]:
    """Add entries and commit; the digest of each that was added. One whose file is gone is left out."""
    held = {}
    try:
        for done, id in enumerate(ids, 1):
            with contextlib.suppress(BadFile):
                entry = folder.entry(id)
                writer.add_document(**document(entry))
                held[id] = entry.digest
            if progress:
                progress(done, len(ids))
    except BaseException:
        writer.cancel()
        raise
    writer.commit()
    return held


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)  # Whoosh writes no file twice
    except OSError:  # a file system without links
        import shutil

        shutil.copyfile(source, target)


def _unlock(made: Path) -> None:
    """Remove Whoosh's lock file: nobody writes into a snapshot again."""
    for name in os.listdir(made):
        if name.endswith("_WRITELOCK"):
            (made / name).unlink()


def _keep(place: Path, names: set[str]) -> None:
    """Remove all snapshots but these."""
    import shutil

    for item in [*os.scandir(place)]:
        if item.name not in names:
            if item.is_dir(follow_symlinks=False):
                shutil.rmtree(item.path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    os.unlink(item.path)
