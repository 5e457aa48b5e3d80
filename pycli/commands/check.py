"""`ptnote check`."""

from __future__ import annotations

from pathlib import Path

import click

from kb import Library, Severity
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
    count = 0

    def progress(done: int, total: int) -> None:
        nonlocal count
        count = done

    problems = [*Library.load().check(*targets, progress=progress)]
    failing = [problem for problem in problems if strict or problem.severity is Severity.fails]
    if as_json:
        screen.json(problems=problems, entries=count)
    else:
        for problem in problems:
            screen.write(f"{problem}\n")
        files = len({problem.path for problem in failing})
        screen.notice(
            f"{count} entries checked; errors: {len(failing)}, files with errors: {files}, "
            f"suggestions: {len(problems) - len(failing)}"
        )
    return 1 if failing or not count else 0
