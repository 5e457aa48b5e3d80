"""One folder of entries, `<root>/<category>/<id>.yaml`, read through its store.

The store holds a table with a light head of each entry, and each whole entry as a value of its own,
fetched only when asked for. An unchanged file, by its time stamps and size, is not parsed again.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import msgspec
from msgspec import Struct

from kb.content.cache import Store
from kb.content.entry import FORMAT, Entry, ErrorPattern, Head
from kb.content.files import Stamp, entry_files, wrong_name
from kb.content.problem import Problem
from kb.errors import BadFile
from kb.text.controls import visible


class Record(Struct, array_like=True):
    """What is known of one file: its stamp, and either the head of its entry or its faults."""

    place: str
    """The file, relative to the root."""
    stamp: Stamp
    head: Head | None
    problems: list[Problem]
    """Their paths are the ends of the names of the files, `.yaml` for example."""
    old: bool = False
    """Whether the entry is in format 1."""


class _Table(Struct, array_like=True):
    root: str
    records: list[Record]


class Folder:
    """A folder of entries that has been read."""

    def __init__(self, root: Path, layer: str, store: Store) -> None:
        self.root, self.layer, self.store = root, layer, store
        self.heads: dict[str, Head] = {}
        self.problems: list[Problem] = []
        self.old = 0
        """How many entries are in format 1."""
        self.strays: list[str] = []
        """Files that are neither entries nor belong to one."""
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
    with contextlib.suppress(RuntimeError):  # there is no such user, so the folder is not found either
        root = root.expanduser()
    root = root.absolute()
    store = store or Store.of(root)
    folder = Folder(root, layer, store)
    table = store.read("heads", _Table)
    if table is None or table.root != ("" if store.shipped else visible(str(root))):
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
    for file, stamp in entry_files(folder.root, folder.strays):
        place = visible(file)
        record = known.pop(place, None)
        if record is None or record.stamp != stamp:
            entry, problems = _parse(folder.root, file, folder.layer)
            old = entry is not None and entry.format < FORMAT
            problems = [_ending(problem, folder.root / file) for problem in problems]
            record = Record(place, stamp, entry.head if entry else None, problems, old)
            if entry:
                folder.parsed[os.path.join(folder.root, place)] = entry
            changed = True
        records.append(record)
    return records, changed or bool(known)


def _place(folder: Folder, record: Record) -> None:
    """Add a record's entry to the folder, unless another file holds the same id."""
    path = os.path.join(folder.root, record.place)
    for problem in record.problems:
        place = path.removesuffix(".yaml") + problem.path
        folder.problems.append(msgspec.structs.replace(problem, path=place))
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
    folder.old += record.old


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
        return store.write("heads", _Table("" if store.shipped else visible(str(folder.root)), bare))


def _bare(record: Record) -> Record:
    """A record as it is stored: without what its place tells."""
    head = msgspec.structs.replace(record.head, path="", category="", layer="") if record.head else None
    return msgspec.structs.replace(record, head=head)


def _ending(problem: Problem, path: Path) -> Problem:
    """A problem of an entry that names only the end of its file, because the rest is told by the place."""
    end = problem.path.removeprefix(str(path.with_suffix("")))
    return msgspec.structs.replace(problem, path=end)


def _body(entry: Head | Entry) -> str:
    """The name under which a whole entry is stored."""
    return f"entries/{entry.category}/{entry.id}"


def _parse(root: Path, place: str, layer: str) -> tuple[Entry | None, list[Problem]]:
    from kb.content.parse import read_entry

    path = root / place
    wrong = wrong_name(place)
    if wrong:
        return None, [Problem(code="E013", path=str(path), line=1, message=wrong)]
    try:
        return read_entry(path, layer)
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        return None, [Problem(code="E001", path=str(path), line=1, message=message)]
