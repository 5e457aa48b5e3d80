"""One folder of entries, `<root>/<category>/<id>.yaml`, read through its store.

The store holds a table with a light head of each entry, and each whole entry as a value of its own,
fetched only when asked for. An unchanged file, by its time stamps and size, is not parsed again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from kb.content.cache import Store
from kb.content.entry import Entry, ErrorPattern, Head
from kb.content.problem import Problem
from kb.errors import BadFile

NOT_ENTRIES = frozenset(
    (
        "STYLE.md",
        "README.md",
        "_template.yaml",
        "sources.yaml",
        "categories.yaml",
        "synonyms.yaml",
        "entry.schema.json",
    )
)
"""Files that may stand in an entries folder beside the categories."""

SAMPLES = ".messages.yaml"
"""How the files end that hold samples of the messages an entry explains."""

Stamp = tuple[int, int, int]
"""Modification and change time in ns, and size in bytes, of a file."""


class Record(Struct, array_like=True):
    """What is known of one file: its stamp, and either the head of its entry or its faults."""

    place: str
    """The file, relative to the root."""
    stamp: Stamp
    head: Head | None
    problems: list[Problem]


class _Table(Struct, array_like=True):
    root: str
    records: list[Record]


class Folder:
    """A folder of entries that has been read."""

    def __init__(self, root: Path, layer: str, store: Store) -> None:
        self.root, self.layer, self.store = root, layer, store
        self.heads: dict[str, Head] = {}
        self.problems: list[Problem] = []
        self.revision = 0
        """The checksum of the table as it is stored; 0 if it could not be stored."""
        self.parsed: dict[str, Entry] = {}
        """Whole entries in memory, by path: parsed just now, or fetched."""

    def entry(self, id: str) -> Entry:
        """The whole entry of this id. Raises KeyError, and BadFile if its file is gone or broken."""
        head = self.heads[id]
        if head.path not in self.parsed:
            entry = self.store.read(_body(head), Entry)
            if entry is None or entry.digest != head.digest:
                entry = self._parse_again(head)
            self.parsed[head.path] = msgspec.structs.replace(entry, layer=self.layer, path=head.path)
        return self.parsed[head.path]

    def patterns(self) -> dict[str, tuple[ErrorPattern, ...]]:
        """The error patterns of each entry that has some, by id."""
        kept = self.store.read("patterns", dict[str, tuple[str, tuple[ErrorPattern, ...]]]) or {}
        found = {}
        for id, head in self.heads.items():
            digest, patterns = kept.get(id, ("", ()))
            if digest != head.digest:
                patterns = self.entry(id).error_patterns
            if patterns:
                found[id] = patterns
        return found

    def _parse_again(self, head: Head) -> Entry:
        """The entry from its file, when the store does not have it; the store gets it back."""
        entry, _ = _parse(self.root, Path(head.path).relative_to(self.root).as_posix(), self.layer)
        if entry is None:
            raise BadFile(f"{head.path} can no longer be read; mend it: ptnote check {head.path}")
        if entry.digest == head.digest:
            self.store.write(_body(head), entry)
        return entry


def read_folder(root: Path, layer: str, store: Store | None = None) -> Folder:
    """Read every entry file below `root`; unchanged files come from the store.

    Raises BadFile if `root` or one of its folders cannot be listed.
    """
    root = root.expanduser().absolute()
    store = store or Store.of(root)
    folder = Folder(root, layer, store)
    table = store.read("heads", _Table)
    if table is None or table.root != ("" if store.shipped else str(root)):
        table = _Table("", [])
    if store.shipped and table.records:
        records, changed = table.records, False
    else:
        records, changed = _compare(folder, {record.place: record for record in table.records})
    for record in records:
        _place(folder, record)
    if changed:
        folder.revision = _save(folder, records)
    else:
        folder.revision = store.checksums.get("heads", 0)
    return folder


def _compare(folder: Folder, known: dict[str, Record]) -> tuple[list[Record], bool]:
    """A record for each file there is, and whether any is new, changed, or gone."""
    records, changed = [], False
    for place, stamp in _files(folder.root):
        record = known.pop(place, None)
        if record is None or record.stamp != stamp:
            entry, problems = _parse(folder.root, place, folder.layer)
            record = Record(place, stamp, entry.head if entry else None, problems)
            if entry:
                folder.parsed[os.path.join(folder.root, place)] = entry
            changed = True
        records.append(record)
    return records, changed or bool(known)


def _place(folder: Folder, record: Record) -> None:
    """Add a record's entry to the folder, unless another file holds the same id."""
    path = os.path.join(folder.root, record.place)
    for problem in record.problems:
        folder.problems.append(msgspec.structs.replace(problem, path=path))
    head = record.head
    if head is None:
        return
    other = folder.heads.get(head.id)
    if other is not None:
        message = f"id '{head.id}' is taken by {other.path}; rename one of the files"
        folder.problems.append(Problem(code="E010", path=path, line=1, message=message))
        return
    # the table leaves out what the place of the file tells: with 20,000 entries each string is a MB
    msgspec.structs.force_setattr(head, "path", path)
    msgspec.structs.force_setattr(head, "category", sys.intern(record.place.partition("/")[0]))
    msgspec.structs.force_setattr(head, "layer", folder.layer)
    folder.heads[head.id] = head


def _save(folder: Folder, records: list[Record]) -> int:
    """Store what was parsed just now, then the table. If another process is doing so, leave it to that."""
    store = folder.store
    with store.writing() as alone:
        if not alone:
            return 0
        known = store.read("patterns", dict[str, tuple[str, tuple[ErrorPattern, ...]]]) or {}
        for path, entry in folder.parsed.items():
            store.write(_body(entry), msgspec.structs.replace(entry, path="", layer=""))
            if folder.heads[entry.id].path == path:
                known[entry.id] = (entry.digest, entry.error_patterns)
        store.write("patterns", {id: one for id, one in known.items() if id in folder.heads})
        bare = [_bare(record) for record in records]
        return store.write("heads", _Table("" if store.shipped else str(folder.root), bare))


def _bare(record: Record) -> Record:
    """A record as it is stored: without what its place tells."""
    head = msgspec.structs.replace(record.head, path="", category="", layer="") if record.head else None
    problems = [msgspec.structs.replace(problem, path="") for problem in record.problems]
    return msgspec.structs.replace(record, head=head, problems=problems)


def _body(entry: Head | Entry) -> str:
    """The name under which a whole entry is stored."""
    return f"entries/{entry.category}/{entry.id}"


def stray_files(root: Path) -> Iterator[Path]:
    """What lies in an entries folder and is neither an entry, nor samples of messages, nor one of
    `NOT_ENTRIES`."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if any(part.startswith(".") or part == "__pycache__" for part in parts):
            continue
        if path.is_dir():
            if len(parts) > 1:
                yield path
        elif not (len(parts) == 2 and path.suffix == ".yaml") and not (
            len(parts) == 1 and path.name in NOT_ENTRIES
        ):
            yield path


def _files(root: Path) -> Iterator[tuple[str, Stamp]]:
    """The entry files below `root`, in order, with their stamps."""
    try:
        with os.scandir(root) as items:
            categories = sorted(item.name for item in items if item.is_dir() and item.name[0] not in "._")
        for category in categories:
            with os.scandir(os.path.join(root, category)) as items:
                found = [(f"{category}/{item.name}", _stamp(item)) for item in items if is_entry(item.name)]
            yield from sorted(found)
    except OSError as error:
        raise BadFile(f"cannot read {error.filename}: {error.strerror}; see: ptnote paths") from error


def is_entry(name: str) -> bool:
    """Whether a file of this name, in the folder of a category, is an entry."""
    return name.endswith(".yaml") and not name.endswith(SAMPLES) and name[0] not in "._"


def _stamp(item: os.DirEntry[str]) -> Stamp:
    status = item.stat()
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size


def _parse(root: Path, place: str, layer: str) -> tuple[Entry | None, list[Problem]]:
    from kb.content.parse import parse

    path = root / place
    try:
        raw = path.read_bytes()
    except OSError as error:
        message = f"cannot be read: {error.strerror}; mend its permissions"
        return None, [Problem(code="E001", path=str(path), line=1, message=message)]
    return parse(path, raw, layer)
