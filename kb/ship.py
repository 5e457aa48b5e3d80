"""The store of the built-in entries that a wheel brings along: everything a first start would compute.

Used when a wheel is built, see `tools/wheel_store.py`. The same sources give the same bytes, wherever and
whenever they are built, so that anybody can build a release again and compare.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from kb import paths
from kb.content import inventory, tables
from kb.content.cache import Store, compute_code_digest
from kb.content.folder import Record, read_folder
from kb.messages import question
from kb.search import index, synonyms
from kb.search.backend import FileStorage

NO_STAMP = (0, 0, 0)
"""In the place of a file's times and size."""


class _ShippedStore(Store):
    """Keeps no time stamps of files: they differ from one checkout to the next, and what the package
    brings along is never compared with them."""

    def write(self, name: str, value: object) -> int:
        if isinstance(value, Struct) and hasattr(value, "records"):
            records: list[Record] = value.records
            value = replace(value, records=[replace(record, stamp=NO_STAMP) for record in records])
        return super().write(name, value)


def build_store(directory: Path) -> None:
    """Write the compiled entries, tables, and search index into an empty directory.

    Raises ValueError if a built-in entry cannot be read.
    """
    store = _ShippedStore(directory, shipped=True)
    root = paths.builtin_entries()
    folder = read_folder(root, "built-in", store)
    if folder.problems:
        raise ValueError("\n".join(map(str, folder.problems)))
    tables.categories(store)
    synonyms.load(store)
    inventory.load(root, store)
    question.longest_pieces(folder)
    with _unchanging():
        index.build_into(store, folder)
    (directory / "code").write_text(compute_code_digest(), encoding="ascii")
    for lock in ("lock", "index/MAIN_WRITELOCK"):
        (directory / lock).unlink(missing_ok=True)


@contextlib.contextmanager
def _unchanging() -> Iterator[None]:
    """Have Whoosh write the same bytes in every build. It names a segment by random numbers, which need not
    be secret, and notes in it when its parts were written, which nobody reads."""
    numbers, modified = random.getstate(), FileStorage.file_modified
    random.seed(0)
    FileStorage.file_modified = lambda _storage, _name: 0.0
    try:
        yield
    finally:
        random.setstate(numbers)
        FileStorage.file_modified = modified
