"""One folder of entries, `<root>/<category>/<id>.yaml`, and its compiled cache.

The cache is two files per folder. The table holds a light head of each entry and is replaced
atomically; the bodies hold whole entries, each fetched only when asked for, and only grow, until
half of them is out of date. Whatever is odd about either costs a parse, nothing more.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from kb import paths
from kb.content.entry import Entry, Head
from kb.content.problem import Problem
from kb.errors import BadFile

CACHE_VERSION = 8
"""Raise when the model or the parser changes what a file is read as."""

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


class _Record(Struct, array_like=True):
    """What is known of one file: its stamp, and either its entry's head and place or its faults."""

    path: str
    mtime_ns: int
    size: int
    head: Head | None
    problems: list[Problem]
    offset: int = 0
    length: int = 0


class _Table(Struct, array_like=True):
    version: int
    root: str
    records: list[_Record]


class Folder:
    """A folder of entries that has been read."""

    def __init__(self, root: Path, layer: str) -> None:
        self.root, self.layer = root, layer
        self.records: dict[str, _Record] = {}
        self.fresh: dict[str, Entry] = {}
        """Entries parsed just now, by path; the rest lies in the cache file."""
        self.fallbacks: list[str] = []
        self.heads: dict[str, Head] = {}
        self.problems: list[Problem] = []

    def entry(self, id: str) -> Entry:
        """The whole entry of this id, from memory or from the cache file."""
        head = self.heads[id]
        if head.path not in self.fresh:
            record = self.records[head.path]
            entry = _fetch(self.root, record) or _parse(record.path, self.layer)[0]
            if entry is None:
                raise BadFile(f"{record.path} can no longer be read; mend it: ptnote check {record.path}")
            # the cache may have been written when the folder was opened as another layer
            self.fresh[head.path] = msgspec.structs.replace(entry, layer=self.layer)
        return self.fresh[head.path]


def read_folder(root: Path, layer: str) -> Folder:
    """Read every entry file below `root`; unchanged files come from the cache.

    Raises BadFile if `root` or one of its folders cannot be listed.
    """
    root = root.expanduser().absolute()
    folder, seen = Folder(root, layer), dict[str, str]()
    cached = _load_table(root)
    changed = False
    for path, status in _files(root):
        record = cached.pop(path, None)
        if record is None or (record.mtime_ns, record.size) != (status.st_mtime_ns, status.st_size):
            entry, problems = _parse(path, layer)
            head = entry.head if entry else None
            record = _Record(path, status.st_mtime_ns, status.st_size, head, problems)
            if entry:
                folder.fresh[path] = entry
            changed = True
        folder.records[record.path] = record
        folder.problems.extend(record.problems)
        _place(folder, record, seen)
    if changed or cached:
        _save_table(folder)
    return folder


def _place(folder: Folder, record: _Record, seen: dict[str, str]) -> None:
    """Add a record's entry to the folder, unless another file holds the same id."""
    if record.head is None:
        return
    head = record.head
    if head.id in seen:
        message = f"id '{head.id}' is taken by {seen[head.id]}; rename one of the files"
        folder.problems.append(Problem(code="E010", path=record.path, line=1, message=message))
        return
    seen[head.id] = record.path
    if head.layer != folder.layer:
        head = msgspec.structs.replace(head, layer=folder.layer)
    folder.heads[head.id] = head


def stray_files(root: Path) -> Iterator[Path]:
    """What lies in an entries folder and is neither an entry nor one of `NOT_ENTRIES`."""
    for path in sorted(root.rglob("*")):
        depth = len(path.relative_to(root).parts)
        if any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(root).parts):
            continue
        if path.is_dir():
            if depth > 1:
                yield path
        elif not (depth == 2 and path.suffix == ".yaml") and not (depth == 1 and path.name in NOT_ENTRIES):
            yield path


def _files(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    try:
        with os.scandir(root) as categories:
            names = sorted(item.path for item in categories if item.is_dir() and item.name[0] not in "._")
        for category in names:
            with os.scandir(category) as items:
                found = [
                    (i.path, i.stat()) for i in items if i.name.endswith(".yaml") and i.name[0] not in "._"
                ]
            yield from sorted(found)
    except OSError as error:
        raise BadFile(f"cannot read {error.filename}: {error.strerror}; see: ptnote paths") from error


def _parse(path: str, layer: str) -> tuple[Entry | None, list[Problem]]:
    from kb.content.parse import parse

    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        message = f"cannot be read: {error.strerror}; mend its permissions"
        return None, [Problem(code="E001", path=path, line=1, message=message)]
    return parse(Path(path), raw, layer)


def _cache_file(root: Path, kind: str) -> Path:
    return paths.cache_dir() / f"entries-{hashlib.sha256(str(root).encode()).hexdigest()[:16]}.{kind}"


def _load_table(root: Path) -> dict[str, _Record]:
    """The cached records by path; nothing when there is no cache that fits."""
    try:
        table = msgspec.msgpack.decode(_cache_file(root, "table").read_bytes(), type=_Table)
    except (OSError, MemoryError, msgspec.MsgspecError):
        return {}
    if table.version != CACHE_VERSION or table.root != str(root):
        return {}
    return {record.path: _whole(record) for record in table.records}


def _whole(record: _Record) -> _Record:
    """A record whose head has back what the path tells: at 20,000 entries, each string less is a MB."""
    if record.head:
        parent = os.path.dirname(record.path)
        msgspec.structs.force_setattr(record.head, "path", record.path)
        msgspec.structs.force_setattr(record.head, "category", sys.intern(os.path.basename(parent)))
        msgspec.structs.force_setattr(record.head, "layer", sys.intern(record.head.layer))
    return record


def _bare(record: _Record) -> _Record:
    """The record as it is written: its head without what the path tells."""
    head = msgspec.structs.replace(record.head, path="", category="") if record.head else None
    return msgspec.structs.replace(record, head=head)


def _fetch(root: Path, record: _Record) -> Entry | None:
    if record.head is None:
        return None
    try:
        with _cache_file(root, "bodies").open("rb") as file:
            file.seek(record.offset)
            entry = msgspec.msgpack.decode(file.read(record.length), type=Entry)
    except (OSError, ValueError, OverflowError, MemoryError, msgspec.MsgspecError):
        return None
    return entry if entry.digest == record.head.digest else None


def _save_table(folder: Folder) -> None:
    """Add the new entries to the bodies, then put the table in its place; failing is no harm, only
    slow."""
    table = _cache_file(folder.root, "table")
    scratch = table.with_suffix(f".{os.getpid()}")
    try:
        paths.private_dir(table.parent)
        records = _save_bodies(folder)
        scratch.write_bytes(
            msgspec.msgpack.encode(_Table(CACHE_VERSION, str(folder.root), [*map(_bare, records.values())]))
        )
        os.replace(scratch, table)
    except OSError as error:
        scratch.unlink(missing_ok=True) if os.access(table.parent, os.W_OK) else None
        folder.fallbacks.append(f"entries are parsed anew each time, their cache cannot be written: {error}")
    else:
        folder.records = records


def _save_bodies(folder: Folder) -> dict[str, _Record]:
    """Append what was parsed just now; where that makes more than half of the file waste, write it
    anew. The records, with their places."""
    bodies = _cache_file(folder.root, "bodies")
    records = dict(folder.records)
    with bodies.open("ab") as file:
        _append(file, folder.fresh, records)
        size = file.tell()
    if size > 2 * sum(record.length for record in records.values()):
        heads = {record.path: record.head for record in records.values() if record.head}
        entries = {path: folder.entry(head.id) for path, head in heads.items() if head.id in folder.heads}
        scratch = bodies.with_suffix(f".{os.getpid()}")
        with scratch.open("wb") as file:
            _append(file, entries, records)
        os.replace(scratch, bodies)
    return records


def _append(file: BinaryIO, entries: dict[str, Entry], records: dict[str, _Record]) -> None:
    encoder = msgspec.msgpack.Encoder()
    for path, entry in entries.items():
        body = encoder.encode(entry)
        file.write(body)
        records[path] = msgspec.structs.replace(
            records[path], offset=file.tell() - len(body), length=len(body)
        )
