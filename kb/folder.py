"""One folder of entries, `<root>/<category>/<id>.yaml`, and its compiled cache.

The cache is one file per folder: an index of light heads, then the whole entries, each fetched
only when asked for. It is replaced atomically and ignored when anything about it is odd.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from kb import paths
from kb.errors import BadFile
from kb.model import Entry, Head, Problem

CACHE_VERSION = 2
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
            self.fresh[head.path] = _fetch(self.root, record) or _parse(record.path, self.layer)[0]  # type: ignore[assignment]
        return self.fresh[head.path]


def read_folder(root: Path, layer: str) -> Folder:
    """Read every entry file below `root`; unchanged files come from the cache.

    Raises BadFile if `root` or one of its folders cannot be listed.
    """
    root = root.expanduser().absolute()
    folder = Folder(root, layer)
    cached = _load_table(root)
    changed = False
    seen: dict[str, Path] = {}
    for path, status in _files(root):
        record = cached.pop(path, None)
        if record is None or (record.mtime_ns, record.size) != (status.st_mtime_ns, status.st_size):
            entry, problems = _parse(path, layer)
            head = entry.head if entry else None
            record = _Record(path, status.st_mtime_ns, status.st_size, head, problems)
            if entry:
                folder.fresh[path] = entry
            changed = True
        folder.records[path] = record
        folder.problems.extend(record.problems)
        _place(folder, record, seen)
    if changed or cached:
        _save_table(folder)
    return folder


def _place(folder: Folder, record: _Record, seen: dict[str, Path]) -> None:
    """Add a record's entry to the folder, unless another file holds the same id."""
    if record.head is None:
        return
    head = record.head
    if head.id in seen:
        message = f"id '{head.id}' is taken by {seen[head.id]}; rename one of the files"
        folder.problems.append(Problem(code="E010", path=record.path, line=1, message=message))
        return
    seen[head.id] = Path(record.path)
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
    from kb.source import parse

    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        message = f"cannot be read: {error.strerror}; mend its permissions"
        return None, [Problem(code="E001", path=path, line=1, message=message)]
    return parse(Path(path), raw, layer)


def _cache_file(root: Path) -> Path:
    return paths.cache_dir() / f"entries-{hashlib.sha256(str(root).encode()).hexdigest()[:16]}.bin"


def _load_table(root: Path) -> dict[str, _Record]:
    """The cached records by path; nothing when there is no cache that fits."""
    try:
        with _cache_file(root).open("rb") as file:
            table = msgspec.msgpack.decode(file.read(int(file.read(16))), type=_Table)
    except (OSError, ValueError, OverflowError, MemoryError, msgspec.MsgspecError):
        return {}
    if table.version != CACHE_VERSION or table.root != str(root):
        return {}
    return {record.path: record for record in table.records}


def _fetch(root: Path, record: _Record) -> Entry | None:
    if record.head is None:
        return None
    try:
        entry = msgspec.msgpack.decode(_body(root, record), type=Entry)
    except (OSError, ValueError, OverflowError, MemoryError, msgspec.MsgspecError):
        return None
    return entry if entry.digest == record.head.digest else None


def _body(root: Path, record: _Record) -> bytes:
    """The bytes that the cache file holds for a record."""
    with _cache_file(root).open("rb") as file:
        file.seek(16 + int(file.read(16)) + record.offset)
        return file.read(record.length)


def _save_table(folder: Folder) -> None:
    """Write the cache beside the old one and put it in its place; failing is no harm, only slow."""
    encoder = msgspec.msgpack.Encoder()
    target = _cache_file(folder.root)
    scratch = target.with_suffix(f".{os.getpid()}")
    try:
        records, bodies, offset = [], [], 0
        for path, record in folder.records.items():
            if record.head is None:
                body = b""
            elif path in folder.fresh:
                body = encoder.encode(folder.fresh[path])
            else:
                body = _body(folder.root, record)
            records.append(msgspec.structs.replace(record, offset=offset, length=len(body)))
            bodies.append(body)
            offset += len(body)
        table = encoder.encode(_Table(CACHE_VERSION, str(folder.root), records))
        paths.private_dir(target.parent)
        scratch.write_bytes(b"%016d" % len(table) + table + b"".join(bodies))
        os.replace(scratch, target)
    except (OSError, ValueError) as error:
        scratch.unlink(missing_ok=True) if os.access(target.parent, os.W_OK) else None
        folder.fallbacks.append(f"entries are parsed anew each time, their cache cannot be written: {error}")
    else:
        folder.records = {record.path: record for record in records}
