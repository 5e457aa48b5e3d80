"""The files of an entries folder: which of them are entries, and when they changed."""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterator
from pathlib import Path

from kb.content.entry import ASKED, PROOFS
from kb.errors import BadFile

NOT_ENTRIES = frozenset(
    (
        "STYLE.md",
        "README.md",
        "_template.yaml",
        "_template.proofs.py",
        "sources.yaml",
        "categories.yaml",
        "synonyms.yaml",
        "entry.schema.json",
    )
)
"""Files that may stand in an entries folder beside the categories."""

SAMPLES = ".messages.yaml"
"""How the files end that hold samples of the messages an entry explains."""

NAME = re.compile(r"\w(?:[\w.+-]*\w)?")
"""An id, or the name of a category. The entries of ptnote itself keep to lower case, see `ptnote check`."""

NAME_LIMIT = 80
"""Bytes of a name: the files that a run makes are called after it."""

BESIDE = (ASKED, PROOFS)
"""How the files end that belong to the entry beside them, and change with it."""

Stamp = tuple[int, ...]
"""Modification and change time in ns, and size in bytes, of an entry's file and then of those in `BESIDE`."""

UNKNOWN: Stamp = (0, 0, 0)
GONE: Stamp = (0, 0, -1)


def stray_files(root: Path) -> Iterator[Path]:
    """What lies in an entries folder and is neither an entry, nor a file that stands beside one, nor one
    of `NOT_ENTRIES`."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if any(part.startswith(".") or part == "__pycache__" for part in parts):
            continue
        if path.is_dir():
            if len(parts) > 1:
                yield path
        elif not (len(parts) == 2 and _belongs(path)) and not (len(parts) == 1 and path.name in NOT_ENTRIES):
            yield path


def _belongs(path: Path) -> bool:
    """Whether a file in the folder of a category is an entry, or stands beside one."""
    for suffix in BESIDE:
        if path.name.endswith(suffix):
            return path.with_name(path.name.removesuffix(suffix) + ".yaml").exists()
    return path.suffix == ".yaml"


def entry_files(root: Path, strays: list[str] | None = None) -> Iterator[tuple[str, Stamp]]:
    """The entry files below `root`, in order, with their stamps. The files that are neither entries nor
    belong to one are added to `strays`."""
    strays = [] if strays is None else strays
    try:
        with os.scandir(root) as items:
            top = {item.name: item.is_dir() for item in items if item.name[0] not in "._"}
        strays += sorted(name for name, folder in top.items() if not folder and name not in NOT_ENTRIES)
        for category in sorted(name for name, folder in top.items() if folder):
            with os.scandir(os.path.join(root, category)) as items:
                listed = [item for item in items if item.name[0] != "." and item.name != "__pycache__"]
            found = {item.name: _stamp(item) for item in listed if _is_read(item.name)}
            strays += [f"{category}/{item.name}" for item in listed if not _is_known(item.name, found)]
            for name in sorted(filter(is_entry, found)):
                if found[name] != GONE:
                    beside = [found.get(name[:-5] + suffix, UNKNOWN) for suffix in BESIDE]
                    yield f"{category}/{name}", (*found[name], *beside[0], *beside[1])
    except OSError as error:
        reason = f"cannot read {error.filename}: {error.strerror}; see: ptnote paths"
        raise BadFile(reason) from error


def is_entry(name: str) -> bool:
    """Whether a file of this name, in the folder of a category, is an entry."""
    return name.endswith(".yaml") and not name.endswith(SAMPLES) and name[0] not in "._"


def _is_read(name: str) -> bool:
    """Whether a file is an entry or belongs to one."""
    return is_entry(name) or name.endswith(BESIDE)


def _is_known(name: str, found: Container[str]) -> bool:
    """Whether a file in the folder of a category is an entry, or stands beside one of the entries found."""
    for suffix in BESIDE:
        if name.endswith(suffix):
            return name.removesuffix(suffix) + ".yaml" in found
    return name.endswith(".yaml")


def _stamp(item: os.DirEntry[str]) -> Stamp:
    """The stamp of a file, links followed; `UNKNOWN` for a link that leads nowhere, `GONE` for a file that
    was deleted meanwhile."""
    try:
        status = item.stat()
    except OSError:
        return UNKNOWN if item.is_symlink() else GONE
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size


def wrong_name(place: str) -> str:
    """What is wrong with the names of a file and its folder; empty if they can be typed and shown."""
    category, _, file = place.partition("/")
    for kind, name in (("category", category), ("file", file.removesuffix(".yaml"))):
        if not NAME.fullmatch(name) or len(name.encode()) > NAME_LIMIT:
            return (
                f"the name of the {kind} cannot be used; rename it: letters, digits and - in the middle, "
                f"at most {NAME_LIMIT} bytes"
            )
    return ""
