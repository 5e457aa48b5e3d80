"""Notes in Markdown → draft entries, and a report that accounts for every block of code in them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from msgspec import structs

from kb import paths
from kb.content import scaffold
from kb.content.problem import Problem, Severity
from kb.drafts.making import Maker
from kb.drafts.note import Note, read_note
from kb.drafts.reading import read
from kb.drafts.report import ImportReport, NoteReport
from kb.drafts.trying import require_trust, try_all
from kb.errors import BadFile, MissingExtra
from kb.library import Library, Progress
from kb.run.settings import Settings

TIMEOUT = 20.0
"""Seconds that a block may take unless another limit is given."""

PACKAGES = ("detect_secrets", "pyflakes", "markdown_it")
"""What the extra `import` brings."""


def import_notes(
    library: Library,
    notes: Iterable[Path | str | Note],
    *,
    into: Path | str | None = None,
    project: bool = False,
    run: bool = True,
    agreed: bool = False,
    force: bool = False,
    python: str = "",
    timeout: float = 0.0,
    workers: int = 0,
    progress: Progress | None = None,
) -> ImportReport:
    """Make draft entries of notes in Markdown, one of each section with Python, and say what came of each
    block of code: it is parsed, and unless `run` is False run as `Library.run` does.

    The drafts go into the folder `into`, else into the user's own entries, or with `project` into the
    `.ptnote/` of the current project. An existing file is kept, unless `force` is given. `agreed` tells that
    the code was read and may run, which is remembered; `python`, `timeout` and `workers` are those of
    `Library.test`. `progress` is called with (done, in all) sections. This library does not see the drafts;
    load another.

    All notes are read before anything is run or written. Raises BadFile for what cannot be read or written,
    MissingExtra without the packages of the extra `import`, Untrusted, and BadSetting if the interpreter
    does not start.
    """
    if not all(map(find_spec, PACKAGES)):
        raise MissingExtra("ptnote import", "import")
    given = [note if isinstance(note, Note) else read_note(Path(note)) for note in notes]
    readings = [read(note) for note in {note.path: note for note in given}.values()]  # each once
    root = _root(into, project)
    notices = require_trust(readings, agreed) if run else []
    how = Settings.of("", python, timeout or TIMEOUT) if run else None
    tried = try_all(readings, how, workers, progress)
    visible = _is_layer(root)
    maker = Maker(library, root, visible, force)
    reports = [maker.note(reading, each) for reading, each in zip(readings, tried, strict=True)]
    return ImportReport(tuple(_checked(root, visible, reports)), tuple(notices))


def _root(into: Path | str | None, project: bool) -> Path:
    """The folder that the drafts go into. Raises BadFile if there can be none."""
    if into is not None:
        root = Path(into)
    elif project:
        root = scaffold.writable_root(project=True)
    else:
        root = paths.user_entries()
        if paths.NO_HOME in root.parents:
            raise BadFile("there is no home folder for entries of your own; write elsewhere with -o FOLDER")
    root = Path(os.path.abspath(root))
    there = next(folder for folder in (root, *root.parents) if folder.exists())
    if not there.is_dir():
        raise BadFile(f"cannot write {root}: {there} is no folder; write elsewhere with -o FOLDER")
    if not os.access(there, os.W_OK | os.X_OK):
        raise BadFile(f"cannot write {root}: Permission denied; write elsewhere with -o FOLDER")
    return root


def _is_layer(root: Path) -> bool:
    """Whether every command sees the entries of a folder."""
    layers = [paths.user_entries(), *paths.extra_entries(), paths.project_entries() or Path.cwd() / ".ptnote"]
    return root.resolve() in [layer.resolve() for layer in layers]


def _checked(root: Path, visible: bool, reports: Sequence[NoteReport]) -> list[NoteReport]:
    """The reports with what `ptnote check` demands of each draft."""
    written = [Path(draft.path) for report in reports for draft in report.drafts if Path(draft.path).exists()]
    if not written:
        return list(reports)
    library = Library.load() if visible else Library.load(root)
    found: dict[str, list[Problem]] = {}
    for problem in library.check(*written):
        if problem.severity is Severity.fails:
            found.setdefault(problem.path, []).append(problem)
    return [
        structs.replace(
            report,
            drafts=tuple(
                structs.replace(draft, problems=tuple(found.get(draft.path, ()))) for draft in report.drafts
            ),
        )
        for report in reports
    ]
