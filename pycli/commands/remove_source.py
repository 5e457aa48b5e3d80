"""`ptnote remove-source`."""

from __future__ import annotations

import click

from kb import remove_source
from pycli.options import SourceName, open_library, screen_options
from pycli.terminal.output import Screen


@click.command("remove-source")
@click.argument("name", type=SourceName())
@click.option("--force", is_flag=True, help="Even if files in the copy of a repository were changed here.")
@screen_options
def command(name: str, force: bool, screen: Screen) -> None:
    """Forget a source. A folder stays where it is; the copy of a repository is deleted.

    \b
    ptnote remove-source team
    """
    remove_source(name, force)
    screen.notice(f"source '{name}' is removed")
    open_library(screen)
