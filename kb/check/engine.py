"""The rules of the entry format, beyond what the types already say.

A rule is a function of a few lines, `Entry → Iterator[Finding]`, marked with a stable code: E for
what fails a check, S for what is only suggested. E0xx come from the loader. STYLE.md has the
reasons and the examples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from kb.check import code as snippets
from kb.check import collection
from kb.check import ids as names
from kb.check import patterns as messages
from kb.check import prose as languages
from kb.check.rule import RULES, Finding
from kb.content import folder
from kb.content.entry import Entry
from kb.content.problem import Problem, Severity
from kb.content.shelf import Shelf
from kb.errors import BadFile
from kb.run import machine as device

__all__ = ["RULES", "check", "check_targets", "languages", "messages", "names", "snippets", "unresolved_apis"]


Progress = Callable[[int, int], None]
"""Called with (done, in all) as entries are checked."""


def check_targets(
    shelf: Shelf, targets: Sequence[Path], progress: Progress | None = None
) -> Iterator[Problem]:
    """The findings about the entries in the given files and folders, or about all, sorted by file, line
    and code. A folder that is none of the shelf's is opened as a shelf of its own.

    `progress` counts entries, those that cannot be read included. Raises BadFile for what does not
    exist, and for a file in no entries folder.
    """
    for target in targets:
        if not target.exists():
            raise BadFile(f"no such file: {target}; try: ptnote paths")
    outside = [target for target in targets if target.is_dir() and not _holds(shelf, target)]
    if outside:
        shelf, targets = Shelf.open(*outside), ()
    for target in targets:
        if not _holds(shelf, target):
            advice = f"try: PTNOTE_PATH=FOLDER ptnote check {target}"
            raise BadFile(f"{target} is in no entries folder; {advice}")
    places = [target.resolve() for target in targets]
    found = check(shelf, _ids_within(shelf, places), progress=progress) if targets else check(shelf, progress=progress)
    yield from sorted(found, key=lambda problem: (problem.path, problem.line, problem.code))


def check(
    shelf: Shelf, ids: Iterable[str] | None = None, apis: bool = True, progress: Progress | None = None
) -> Iterator[Problem]:
    """All findings, entry by entry. With `ids`, only those entries; `apis=False` leaves out the one
    rule that needs torch (in a child process)."""
    chosen = list(shelf.heads) if ids is None else list(ids)
    if ids is None:
        yield from shelf.problems
        yield from _strays(shelf)
    entries = [shelf.entry(id) for id in chosen]
    for entry in entries:
        for code, function in RULES.items():
            severity = Severity.suggests if code.startswith("S") else Severity.fails
            for finding in function(entry, shelf):
                yield _problem(entry, code, severity, finding)
    yield from _in_collections(shelf, None if ids is None else entries)
    if apis:
        yield from unresolved_apis(entries)


def _in_collections(shelf: Shelf, entries: list[Entry] | None) -> Iterator[Problem]:
    """What the rules for folders find about these entries; with None, everything they find."""
    paths = None if entries is None else {entry.path for entry in entries}
    for problem in collection.problems(shelf):
        if paths is None or problem.path in paths:
            yield problem


def _problem(entry: Entry, code: str, severity: Severity, finding: Finding) -> Problem:
    place = finding.place
    while place and place not in entry.lines:
        place = place.rpartition(".")[0]
    line = entry.lines.get(place, 1) + finding.offset
    return Problem(code=code, path=entry.path, line=line, message=finding.message, severity=severity)


def _strays(shelf: Shelf) -> Iterator[Problem]:
    for one in shelf.folders:
        for path in folder.stray_files(one.root):
            message = "does not belong here; entries stand at <category>/<id>.yaml"
            yield Problem(code="E011", path=str(path), line=1, message=message)


def unresolved_apis(entries: list[Entry]) -> Iterator[Problem]:
    """E120: API names that the installed torch does not have; one suggestion if there is no torch."""
    wanted = {name: None for entry in entries for name in entry.api}
    unknown = device.unresolved(tuple(wanted))
    if unknown is None:
        if entries:
            message = "API names were not checked: torch is not installed; pip install torch"
            severity = Severity.suggests
            yield Problem(code="S120", path=entries[0].path, line=1, message=message, severity=severity)
        return
    for entry in entries:
        for i, name in enumerate(entry.api):
            if name in unknown:
                finding = Finding(f"{name} does not resolve in torch; correct or drop it", f"api.{i}")
                yield _problem(entry, "E120", Severity.fails, finding)


def in_folders(shelf: Shelf, targets: list[Path]) -> list[str]:
    """The ids of the entries that lie in any of these files or folders."""
    places = [target.resolve() for target in targets]
    return [
        head.id
        for head in shelf.heads.values()
        if any(place == Path(head.path) or place in Path(head.path).parents for place in places)
    ]
