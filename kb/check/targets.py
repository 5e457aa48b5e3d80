"""What a check of files and folders looks at: paths → entries → `Problem`s."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kb.check import collection, engine
from kb.content.files import BESIDE
from kb.content.problem import Problem
from kb.content.shelf import Shelf
from kb.content.upgrade import upgrade
from kb.errors import BadFile


def check_targets(
    shelf: Shelf, targets: Sequence[Path], progress: Callable[[int, int], None] | None = None
) -> Iterator[Problem]:
    """The findings about the entries in the given files and folders, or about all entries, sorted by
    file, line and code. A folder that is none of the shelf's is opened as a shelf of its own.

    `progress` is called with (done, in all); entries that cannot be read count as well. Raises BadFile
    for a path that does not exist, and for a file in no entries folder.
    """
    shelf, targets = _opened(shelf, targets)
    places = [_entry_of(target.resolve()) for target in targets]
    unreadable = [one for one in shelf.problems if _within(str(_entry_of(Path(one.path))), places)]
    ids = [id for id, head in shelf.heads.items() if _within(head.path, places)]
    broken = len({problem.path for problem in unreadable})
    report = _counting(progress, broken, broken + len(ids))
    if targets:
        found = [*unreadable, *engine.check(shelf, ids, progress=report), *_beside_entries(shelf, places)]
    else:
        found = [*engine.check(shelf, progress=report)]
    yield from sorted(found, key=lambda problem: (problem.path, problem.line, problem.code))


def upgrade_targets(shelf: Shelf, targets: Sequence[Path]) -> Iterator[Path]:
    """Bring the entries in the given files and folders, or all, from format 1 to format 2; the files that
    were written. Raises BadFile as `check_targets` does, and for an entry that cannot be upgraded."""
    shelf, targets = _opened(shelf, targets)
    places = [_entry_of(target.resolve()) for target in targets]
    for id, head in shelf.heads.items():
        if _within(head.path, places) and (places or head.layer != "added"):
            yield from upgrade(shelf.entry(id), trailing=True)


def _opened(shelf: Shelf, targets: Sequence[Path]) -> tuple[Shelf, Sequence[Path]]:
    """The shelf that holds the targets, and which of them to look at, none meaning all of it."""
    for target in targets:
        if not target.exists():
            raise BadFile(f"no such file: {target}; try: ptnote paths")
    outside = [target for target in targets if target.is_dir() and not _holds(shelf, target)]
    if outside:
        return Shelf.open(*outside), ()
    for target in targets:
        if not _holds(shelf, target):
            advice = f"try: PTNOTE_PATH=FOLDER ptnote check {target}"
            raise BadFile(f"{target} is in no entries folder; {advice}")
    return shelf, targets


def _entry_of(path: Path) -> Path:
    """The entry that a file beside it belongs to; any other path as it is."""
    for suffix in BESIDE:
        if path.name.endswith(suffix):
            return path.with_name(path.name.removesuffix(suffix) + ".yaml")
    return path


def _beside_entries(shelf: Shelf, places: Sequence[Path]) -> Iterator[Problem]:
    """What is wrong with the files beside the entries, `categories.yaml` for example, in these places."""
    entries = {head.path for head in shelf.heads.values()}
    for problem in itertools.chain(collection.problems(shelf), engine.strays(shelf)):
        if problem.path not in entries and _within(problem.path, places):
            yield problem


def _holds(shelf: Shelf, target: Path) -> bool:
    """Whether a path, or what it is a link to, is one of the shelf's folders or lies in one."""
    places = [target.resolve(), target.parent.resolve() / target.name]
    above = {folder for place in places for folder in (place, *place.parents)}
    return any(folder.root.resolve() in above for folder in shelf.folders)


def _within(path: str, places: Sequence[Path]) -> bool:
    """Whether a path is one of the resolved places or lies in one; anything does if there are none."""
    if not places:
        return True
    resolved = Path(path).resolve()
    return any(place in (resolved, *resolved.parents) for place in places)


def _counting(
    progress: Callable[[int, int], None] | None, before: int, total: int
) -> Callable[[int, int], None] | None:
    """`progress`, with `before` entries counted as done; they are reported at once."""
    if progress is None:
        return None
    progress(before, total)
    return lambda done, _: progress(before + done, total)
