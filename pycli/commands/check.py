"""`ptnote check`."""

from __future__ import annotations

from pathlib import Path

import click

from kb import Library
from kb.check import engine as checking
from kb.content.problem import Problem, Severity
from kb.errors import BadFile
from pycli.options import json_option, screen_options
from pycli.terminal.output import Screen


@click.command("check")
@click.argument("targets", nargs=-1, type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Suggestions fail as well.")
@json_option
@screen_options
def command(targets: tuple[Path, ...], strict: bool, as_json: bool, screen: Screen) -> int:
    """Check entry files against the rules; without arguments, all of them.

    Prints every finding as file:line: code message. Codes with E fail, codes with S suggest.
    """
    problems, count = _check(targets)
    failing = [problem for problem in problems if strict or problem.severity is Severity.fails]
    if as_json:
        screen.json(problems=problems, entries=count)
    else:
        for problem in problems:
            screen.write(f"{problem}\n")
        screen.notice(f"{count} entries, {len(failing)} failing, {len(problems) - len(failing)} suggested")
    return 1 if failing or not count else 0


def _check(targets: tuple[Path, ...]) -> tuple[list[Problem], int]:
    """The findings, and how many entries were looked at."""
    for target in targets:
        if not target.exists():
            raise BadFile(f"no such file: {target}; try: ptnote paths")
    library = Library.load()
    outside = [target for target in targets if target.is_dir() and not _known(library, target)]
    if outside:
        library = Library.load(*outside)
        return sorted(checking.check(library), key=_place), len(library)
    if not targets:
        return sorted(checking.check(library), key=_place), len(library)
    files = [_alone(library, target) for target in targets]
    ids = checking.in_folders(library, files)
    broken = [one for one in library.problems if any(_within(one, place) for place in files)]
    found = [*broken, *checking.check(library, ids)]
    return sorted(found, key=_place), len(ids) + len({problem.path for problem in broken})


def _known(library: Library, target: Path) -> bool:
    """Whether a folder lies in, or is, one of the library's folders."""
    place = target.resolve()
    return any(one.root.resolve() in (place, *place.parents) for one in library.folders)


def _alone(library: Library, target: Path) -> Path:
    """A file of the library. Raises BadFile for one that no layer holds."""
    if not _known(library, target):
        raise BadFile(f"{target} is in no entries folder; try: PTNOTE_PATH=FOLDER ptnote check {target}")
    return target


def _within(problem: Problem, target: Path) -> bool:
    place, path = target.resolve(), Path(problem.path).resolve()
    return place == path or place in path.parents


def _place(problem: Problem) -> tuple[str, int, str]:
    return problem.path, problem.line, problem.code
