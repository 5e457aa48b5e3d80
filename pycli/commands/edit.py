"""`ptnote edit`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from kb import Library, Problem, Severity, editing
from pycli import editor
from pycli.options import EntryName, screen_options
from pycli.terminal import labels as texts
from pycli.terminal.output import Screen


@click.command("edit")
@click.argument("names", nargs=-1, required=True, type=EntryName())
@click.option("--project", is_flag=True, help="In the .ptnote/ folder of the current project.")
@screen_options
def command(names: tuple[str, ...], project: bool, screen: Screen) -> int:
    """Change an entry in your editor, and check what was written.

    One of your own is changed where it is. Any other is copied first, into your folder or that of the
    project; the copy then hides it. Your file is replaced when the editor ends, and not before.

    \b
    ptnote edit my-trick
    ptnote edit one-hot
    """
    editor.command()
    library = Library.load()
    one = editing(library, " ".join(names), project)
    draft = one.begin()
    if one.resumed:
        screen.notice(f"going on with the draft of an edit that was interrupted: {draft}")
    try:
        editor.edit(draft)
    except editor.EditorFailed:
        if one.unchanged():
            one.finish()
        raise
    if not one.finish():
        screen.notice("nothing was changed")
        return 0
    return _report(one.path.stem, [*Library.load().check(one.path)], str(one.path), screen)


def _report(id: str, problems: Sequence[Problem], path: str, screen: Screen) -> int:
    """What is wrong with the file; the exit code is 1 if it breaks a rule."""
    failing = [problem for problem in problems if problem.severity is Severity.fails]
    for problem in problems:
        screen.problem(problem)
    library = Library.load()
    if failing:
        screen.notice(f"written to {path}; mend it: ptnote edit {id}")
    else:
        screen.notice(f"written to {path}; try it: ptnote test {id}")
    if id in library.heads and (hiding := texts.hiding(library, id, screen.languages[:1])):
        screen.notice(f"{id}: {hiding}")
    return 1 if failing else 0
