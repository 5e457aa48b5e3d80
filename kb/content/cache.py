"""The cache of one folder of entries: a store of checked values, each a file.

A store is a private directory. Its name holds a digest of the code that writes it, so that another
version of ptnote uses another store, and stores that nobody has used for a month are removed. Every
value ends in a checksum. A value that is missing or damaged is simply not there: whoever asked for it
makes it anew and writes it again.

The built-in entries of a wheel have their store inside the package, made when the wheel was built.
"""

from __future__ import annotations

import contextlib
import os
import time
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

from kb import paths

T = TypeVar("T")

Stamp = tuple[int, int, int]
"""Modification and change time in ns, and size in bytes, of a file."""

UNUSED = 30 * 24 * 3600
"""Seconds after which a store that nobody opened is removed."""

DAY = 24 * 3600

WRITERS = ("text", "content", "search")
"""The rooms whose code decides what a store holds."""

_CHECKSUM = 4
"""Bytes of the checksum at the end of a value."""


class Store:
    """The cached values of one entries folder, by name."""

    def __init__(self, directory: Path | None, shipped: bool = False, writable: bool = True) -> None:
        self.directory = directory
        """Where the values lie; None where nothing can be kept."""
        self.shipped = shipped
        """Whether it belongs to the package: as trusted as the code, and never out of date."""
        self.writable = writable and directory is not None
        self.checksums: dict[str, int] = {}
        """Of the values read or written so far."""
        self.notices: list[str] = []
        """Why values could not be kept, in one line."""

    @classmethod
    def of(cls, root: Path) -> Store:
        """The store of the entries folder `root`."""
        shipped = paths.shipped_store()
        if shipped and root == paths.builtin_entries():
            return cls(shipped, shipped=True, writable=False)
        store = cls(None)
        name = f"{root.parent.name}-{root.name}-{zlib.crc32(os.fsencode(root)):08x}-{code_digest()}"
        try:
            directory = paths.private_dir(paths.private_dir(paths.cache_dir()) / f"store-{name}")
            _mark_used(directory)
            store.directory, store.writable = directory, True
        except OSError as error:
            store.give_up(error)
        return store

    def read(self, name: str, kind: type[T]) -> T | None:
        """The value of this name; None if it is missing, damaged, or of another type."""
        if self.directory is None:
            return None
        try:
            raw = (self.directory / name).read_bytes()
            body, checksum = raw[:-_CHECKSUM], raw[-_CHECKSUM:]
            if zlib.crc32(body).to_bytes(_CHECKSUM, "big") == checksum:
                value = msgspec.msgpack.decode(body, type=kind)
                self.checksums[name] = int.from_bytes(checksum, "big")
                return value
        except (OSError, ValueError, MemoryError, msgspec.MsgspecError):
            pass
        return None

    def write(self, name: str, value: object) -> int:
        """Keep a value under a name, and return its checksum; 0 if it cannot be kept, see `notices`."""
        if self.directory is None or not self.writable:
            return 0
        body = msgspec.msgpack.encode(value)
        checksum = zlib.crc32(body)
        path = self.directory / name
        try:
            if not path.parent.is_dir():
                for folder in reversed(path.parents[: name.count("/")]):
                    folder.mkdir(mode=0o700, exist_ok=True)  # each of them private, whatever the mask
            paths.atomic_write(path, body + checksum.to_bytes(_CHECKSUM, "big"))
        except OSError as error:
            self.give_up(error)
            return 0
        self.checksums[name] = checksum
        return checksum

    def derived(self, name: str, source: Path, kind: type[T], make: Callable[[Path], T]) -> T:
        """What `make(source)` gives, kept until the file changes. Raises what `make` raises, and OSError
        if there is no such file."""
        stamp = (0, 0, 0) if self.shipped else _stamp(source)
        kept = self.read(name, tuple[Stamp, kind])  # type: ignore[valid-type]
        if kept and kept[0] == stamp:
            value: T = kept[1]
            return value
        made = make(source)
        self.write(name, (stamp, made))
        return made

    @contextlib.contextmanager
    def writing(self, what: str = "lock") -> Iterator[bool]:
        """Be the only process that writes this part of the store for as long as the block runs; False if
        that cannot be. What an earlier one left half-written is removed."""
        with contextlib.ExitStack() as stack:
            held = False
            if self.directory is not None and self.writable:
                try:
                    held = stack.enter_context(paths.locked(self.directory / what))
                except OSError as error:
                    self.give_up(error)
            if held and self.directory is not None:
                for folder in (self.directory, *self._folders()):
                    paths.remove_scraps(folder)
            yield held

    def _folders(self) -> Iterator[Path]:
        """The folders in the store that hold values."""
        assert self.directory is not None
        for part in ("entries", "tables"):
            yield self.directory / part
            with contextlib.suppress(OSError):
                yield from [Path(item.path) for item in os.scandir(self.directory / part) if item.is_dir()]

    def give_up(self, error: OSError) -> None:
        """Note, once, that nothing can be kept here."""
        self.writable = False
        if not self.notices:
            reason = error.strerror or str(error)
            place = self.directory or error.filename or paths.cache_dir()
            self.notices.append(f"working without a cache, {place}: {reason}")


@cache
def code_digest() -> str:
    """A digest of the code that decides what a store holds, in hex."""
    shipped = paths.shipped_store()
    if shipped:
        with contextlib.suppress(OSError):
            return (shipped / "code").read_text(encoding="ascii")
    return compute_code_digest()


def compute_code_digest() -> str:
    """The digest, from the sources themselves; a wheel brings it along instead."""
    digest = 0
    for room in WRITERS:
        for path in sorted((paths.HERE / room).iterdir()):
            if path.suffix in (".py", ".txt"):
                digest = zlib.crc32(path.read_bytes(), digest)
    return f"{digest:08x}"


def _stamp(path: Path) -> Stamp:
    status = path.stat()
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size


def _mark_used(directory: Path) -> None:
    """Note that a store is in use, once a day; on that day, remove stores that nobody uses any more. A
    folder that cannot be written is read without a note."""
    used = directory / "used"
    now = time.time()
    with contextlib.suppress(OSError):
        if abs(now - used.stat().st_mtime) < DAY:  # a note from the future is from a clock that was wrong
            return
    import shutil

    with contextlib.suppress(OSError):
        used.touch()
        os.utime(used)
    for old in directory.parent.glob("store-*"):
        with contextlib.suppress(OSError):
            if now - max(old.stat().st_mtime, (old / "used").stat().st_mtime) > UNUSED:
                shutil.rmtree(old, ignore_errors=True)
