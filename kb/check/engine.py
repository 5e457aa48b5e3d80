"""The rules of the entry format, beyond what the types already say.

A rule is a function of a few lines, `Entry → Iterator[Finding]`, marked with a stable code: E for
what fails a check, S for what is only suggested, though S1xx fails a check in a collection, where every
entry has an answer and whatever it states a proof or a source. E0xx come from the loader. STYLE.md has the
reasons and the examples. Rules for folders look at a whole collection, see `kb.check.collection`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from kb.check import code as snippets
from kb.check import collection
from kb.check import ids as names
from kb.check import patterns as messages
from kb.check import proofs as statements
from kb.check import prose as languages
from kb.check.rule import RULES, Finding, is_collection
from kb.content import files
from kb.content.entry import Entry
from kb.content.problem import Problem, Severity
from kb.content.shelf import Shelf
from kb.run import machine as device
from kb.run import torch

__all__ = ["RULES", "check", "languages", "messages", "names", "snippets", "statements", "unresolved_apis"]


def check(
    shelf: Shelf,
    ids: Iterable[str] | None = None,
    apis: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Problem]:
    """All findings, entry by entry. With `ids`, only those entries; `apis=False` leaves out the one
    rule that needs torch (in a child process). `progress` is called with (done, in all) as entries are
    checked."""
    chosen = list(shelf.heads) if ids is None else list(ids)
    if ids is None:
        yield from shelf.problems
        yield from strays(shelf)
    entries = [shelf.entry(id) for id in chosen]
    complete = tuple(f"{folder.root}/" for folder in shelf.folders if is_collection(folder.root))
    for done, entry in enumerate(entries, 1):
        for code, function in RULES.items():
            fails = code.startswith("E") or (code.startswith("S1") and entry.path.startswith(complete))
            severity = Severity.fails if fails else Severity.suggests
            for finding in function(entry, shelf):
                yield _problem(entry, code, severity, finding)
        if progress:
            progress(done, len(entries))
    yield from _in_collections(shelf, None if ids is None else entries)
    if apis:
        yield from unresolved_apis(entries)


def _in_collections(shelf: Shelf, entries: list[Entry] | None) -> Iterator[Problem]:
    """What the rules for folders find about these entries; everything they find if `entries` is None."""
    paths = None if entries is None else {entry.path for entry in entries}
    for problem in collection.problems(shelf):
        if paths is None or problem.path in paths:
            yield problem


def _problem(entry: Entry, code: str, severity: Severity, finding: Finding) -> Problem:
    if finding.beside:
        path = entry.path.removesuffix(".yaml") + finding.beside
        return Problem(code=code, path=path, line=finding.offset, message=finding.message, severity=severity)
    place = finding.place
    while place and place not in entry.lines:
        place = place.rpartition(".")[0]
    line = entry.lines.get(place, 1) + finding.offset
    return Problem(code=code, path=entry.path, line=line, message=finding.message, severity=severity)


def strays(shelf: Shelf) -> Iterator[Problem]:
    for one in shelf.folders:
        for path in files.stray_files(one.root):
            message = "does not belong here; entries stand at <category>/<id>.yaml"
            yield Problem(code="E011", path=str(path), line=1, message=message)


def unresolved_apis(entries: list[Entry]) -> Iterator[Problem]:
    """E120: API names that the installed torch does not have. S121: those that cannot be looked up because
    a package is missing that torch needs for them. S120, once: there is no torch."""
    wanted = {name: None for entry in entries for name in entry.api if torch.owns(name)}
    unresolved = device.unresolved(tuple(wanted))
    if unresolved is None:
        if entries:
            message = "API names were not checked: torch is not installed; pip install torch"
            severity = Severity.suggests
            yield Problem(code="S120", path=entries[0].path, line=1, message=message, severity=severity)
        return
    for entry in entries:
        for i, name in enumerate(entry.api):
            # looking up another name would import a package that the entry chooses
            lacks = unresolved.get(name) if torch.owns(name) else ""
            if lacks:
                finding = Finding(f"{name} was not checked, because it needs {lacks}", f"api.{i}")
                yield _problem(entry, "S121", Severity.suggests, finding)
            elif lacks is not None:
                finding = Finding(f"{name} does not resolve in torch; correct or drop it", f"api.{i}")
                yield _problem(entry, "E120", Severity.fails, finding)
