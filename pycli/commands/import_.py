"""`ptnote import`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from kb import ImportReport, Library, import_notes, visible
from kb.errors import Untrusted
from pycli import ending
from pycli.commands.run import interpreter
from pycli.options import json_option, open_library, screen_options
from pycli.terminal.output import Screen


@click.command("import")
@click.argument("notes", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the drafts into this folder.")
@click.option("--project", is_flag=True, help="In the .ptnote/ folder of the current project.")
@click.option("--no-run", is_flag=True, help="Only parse the code; run nothing.")
@click.option("--yes", is_flag=True, help="Run the code of the notes; asked once.")
@click.option("--force", is_flag=True, help="Replace drafts that exist.")
@click.option("--python", type=click.Path(), help="Another interpreter, whose torch is tried.")
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), help="Seconds for each block; 20 if not given."
)
@click.option("-j", "--workers", type=click.IntRange(min=1), help="How many at once; the cores if not given.")
@json_option
@screen_options
@ending.unwinding()
def command(
    notes: tuple[Path, ...],
    output: Path | None,
    project: bool,
    no_run: bool,
    yes: bool,
    python: str | None,
    as_json: bool,
    screen: Screen,
    **options: Any,
) -> int:
    """Make draft entries of notes in Markdown, and report on every block of code in them.

    Each heading with Python below it becomes an entry: its text the explanation, its code the snippets. Every
    block is run by itself, after the earlier ones whose names it uses. What looks like a secret is neither
    run nor written. The drafts are your own entries; their tag is draft.

    \b
    ptnote import notes.md
    ptnote import notes/*.md -o drafts --no-run
    """
    if output and project:
        raise click.UsageError("give -o or --project, not both")
    how: dict[str, Any] = {
        "into": output,
        "project": project,
        "run": not no_run,
        "python": interpreter(python or screen.config.python),
        **{name: value for name, value in options.items() if value},
    }
    report = _import(open_library(screen), notes, screen, yes, how)
    for notice in report.notices:
        screen.notice(notice)
    if as_json:
        screen.json(notes=report.notes, totals=report.totals, blocks=report.total)
    else:
        from pycli.terminal.import_page import import_page

        screen.show(import_page(report, screen), paged=True)
    return _exit_code(report, notes, screen)


def _import(
    library: Library, notes: tuple[Path, ...], screen: Screen, agreed: bool, how: dict[str, Any]
) -> ImportReport:
    """Import the notes, with a progress bar on a terminal; the user agrees first, once, to their code."""

    def go(agreed: bool, run: bool) -> ImportReport:
        with screen.progress(screen.say("running blocks, section by section")) as progress:
            return import_notes(library, notes, agreed=agreed, progress=progress, **{**how, "run": run})

    try:
        return go(agreed, how["run"])
    except Untrusted as error:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        question = screen.say(f"Run the code of these notes, from {error.path} on? No only parses it.")
        run = click.confirm(visible(question), err=True)
        return go(run, run)


def _exit_code(report: ImportReport, notes: tuple[Path, ...], screen: Screen) -> int:
    """0 if every draft is in place; 1 if one was not written, or there was nothing to make one of."""
    drafts = [draft for note in report.notes for draft in note.drafts]
    kept = sum(draft.state == "kept" for draft in drafts)
    if not drafts:
        names = " ".join(map(str, notes))
        screen.notice(f"no draft was made: no Python code in {names}")
        return 1
    if kept:
        screen.notice(f"drafts that exist and differ were kept: {kept}; to replace them: --force")
    return 1 if kept or any(draft.state == "too_large" for draft in drafts) else 0
