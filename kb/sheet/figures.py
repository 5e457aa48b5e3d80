"""The pictures that snippets draw: each is run in a folder of its own, as `ptnote run --keep` does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kb.content.entry import Entry, Snippet
from kb.run import trust
from kb.run.result import Outcome
from kb.scratch import throwaway
from kb.sheet.content import Figure, Group

if TYPE_CHECKING:
    from kb.library import Library

KINDS = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
"""Pictures that browsers show."""

_WRITES = re.compile(r"savefig|\.(?:png|jpe?g|gif|svg|webp)\b")
"""What stands in the code of a snippet that writes one."""

SMALLEST = 64
"""Pixels; a smaller picture is no figure but sample data."""

LARGEST = 4 << 20
"""Bytes of a picture that is still embedded."""


def drawing(groups: tuple[Group, ...]) -> list[tuple[Entry, Snippet]]:
    """The snippets that seem to draw something, with their entries."""
    return [
        (entry, snippet)
        for group in groups
        for entry in group.entries
        for snippet in entry.snippets
        if not snippet.raises and _WRITES.search(snippet.code)
    ]


def drawn(
    library: Library,
    groups: tuple[Group, ...],
    python: str = "",
    agreed: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[tuple[Figure, ...], tuple[str, ...]]:
    """The pictures, and a line for each snippet that could not be run here.

    Raises Untrusted before anything has started, and what `Library.run` raises.
    """
    todo = drawing(groups)
    for entry, snippet in todo:
        known = library.get(entry.id)
        trust.require(known, library.pick([entry.id], snippet.name)[1], agreed=agreed)
    figures: list[Figure] = []
    failed: list[str] = []
    for done, (entry, snippet) in enumerate(todo, 1):
        with throwaway() as folder:
            result = library.run(entry.id, snippet.name, python=python, folder=folder, agreed=agreed)
            if result.outcome is Outcome.passed:
                figures += _pictures(folder, entry, snippet)
            else:
                failed.append(f"{entry.id}/{snippet.name}: {result.reason}")
        if progress:
            progress(done, len(todo))
    return tuple(figures), tuple(failed)


def _pictures(folder: Path, entry: Entry, snippet: Snippet) -> Iterator[Figure]:
    for path in sorted(folder.rglob("*")):
        kind = KINDS.get(path.suffix.lower())
        if kind and path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST:
            data = path.read_bytes()
            if _large(data):
                yield Figure(entry.id, snippet.name, str(path.relative_to(folder)), kind, data)


def _large(data: bytes) -> bool:
    """Whether a picture is meant to be looked at. The size of a PNG stands at its beginning."""
    if not data.startswith(b"\x89PNG"):
        return bool(data)
    width, height = (int.from_bytes(data[place : place + 4], "big") for place in (16, 20))
    return min(width, height) >= SMALLEST
