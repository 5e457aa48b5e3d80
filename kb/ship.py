"""The store of the built-in entries that a wheel brings along: everything a first start would compute.

Used when a wheel is built, see `tools/wheel_store.py`.
"""

from __future__ import annotations

from pathlib import Path

from kb import paths
from kb.content import inventory, tables
from kb.content.cache import Store, compute_code_digest
from kb.content.folder import read_folder
from kb.search import index, synonyms


def build_store(directory: Path) -> None:
    """Write the compiled entries, tables, and search index into an empty directory.

    Raises ValueError if a built-in entry cannot be read.
    """
    store = Store(directory, shipped=True)
    root = paths.builtin_entries()
    folder = read_folder(root, "built-in", store)
    if folder.problems:
        raise ValueError("\n".join(map(str, folder.problems)))
    tables.categories(store)
    synonyms.load(store)
    inventory.load(root, store)
    index.build_into(store, folder)
    (directory / "code").write_text(compute_code_digest(), encoding="ascii")
    for lock in ("lock", "index/MAIN_WRITELOCK"):
        (directory / lock).unlink(missing_ok=True)
