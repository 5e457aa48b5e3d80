"""`ptnote add-source`."""

from __future__ import annotations

import click

from kb import Added, add_source
from pycli.options import json_option, open_library, screen_options
from pycli.terminal.output import Screen

timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=300.0,
    help="Seconds that git may take; 300 if not given.",
)


@click.command("add-source")
@click.argument("where", metavar="PATH|GIT-URL")
@click.option("--name", default="", help="What to call it; by default like the end of the path.")
@timeout_option
@json_option
@screen_options
def command(where: str, name: str, timeout: float, as_json: bool, screen: Screen) -> int:
    """Add a folder of entries, or a git repository of them, to what is searched, shown, and tested.

    A folder is read where it is; of a repository the newest state is copied. Its code runs only after you
    agreed to it, like any code that did not come with ptnote.

    \b
    ptnote add-source ~/notes/torch
    ptnote add-source https://example.com/team/notes.git --name team
    """
    added = add_source(where, name, timeout)
    open_library(screen)
    if as_json:
        screen.json(source=added)
    else:
        tell(added, screen)
    return 0


def tell(source: Added, screen: Screen) -> None:
    """Say what a source holds, and what in it cannot be read."""
    for problem in source.problems:
        screen.problem(problem)
    left_out = len({problem.path for problem in source.problems})
    screen.notice(f"source '{source.name}': {source.entries} entries, files left out: {left_out}")
