"""`ptnote check`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from kb import Library, Problem, Severity
from pycli.options import json_option, screen_options
from pycli.terminal.output import Screen


@click.command("check")
@click.argument("targets", nargs=-1, type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Suggestions fail as well.")
@click.option("--upgrade", is_flag=True, help="Bring entries of format 1 to format 2.")
@json_option
@screen_options
def command(targets: tuple[Path, ...], strict: bool, upgrade: bool, as_json: bool, screen: Screen) -> int:
    """Check entry files against the rules; without arguments, all of them.

    Prints every finding as file:line: code message. Codes with E fail, codes with S suggest; without
    arguments, suggestions are only counted.
    """
    if upgrade:
        return _upgrade(targets, screen)
    count = 0

    def progress(done: int, total: int) -> None:
        nonlocal count
        count = done

    problems = [*Library.load().check(*targets, progress=progress)]
    failing = [problem for problem in problems if strict or problem.severity is Severity.fails]
    if as_json:
        screen.json(problems=problems, entries=count)
    else:
        shown = problems if targets or strict else failing
        for problem in shown:
            screen.problem(problem)
        _count(problems, shown, screen)
        files = len({problem.path for problem in failing})
        screen.notice(
            f"entries checked: {count}; errors: {len(failing)}, files with errors: {files}, "
            f"suggestions: {len(problems) - len(failing)}"
        )
    return 1 if failing or not count else 0


def _count(problems: list[Problem], shown: list[Problem], screen: Screen) -> None:
    """Say how many suggestions of each kind are not shown, and how to see them."""
    counts = Counter(problem.code for problem in problems) - Counter(problem.code for problem in shown)
    if counts:
        told = ", ".join(f"{count} × {code}" for code, count in sorted(counts.items()))
        screen.notice(f"suggestions: {told}; to see them: ptnote check FILE, or --strict")


def _upgrade(targets: tuple[Path, ...], screen: Screen) -> int:
    """Bring entries to the present format, and say which files were written."""
    written = 0
    for path in Library.load().upgrade(*targets):
        screen.write(f"{path}\n")
        written += path.suffix == ".yaml"
    screen.notice(f"upgraded {written} entries" + ("; see that all is well: ptnote test" if written else ""))
    return 0
