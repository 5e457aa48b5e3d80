"""`ptnote update-source`."""

from __future__ import annotations

import click

from kb import added_sources, update_source
from kb.errors import KbError
from pycli.commands.add_source import tell, timeout_option
from pycli.options import SourceName, open_library, screen_options
from pycli.terminal.output import Screen


@click.command("update-source")
@click.argument("names", nargs=-1, type=SourceName())
@timeout_option
@screen_options
def command(names: tuple[str, ...], timeout: float, screen: Screen) -> int:
    """Fetch the newest state of sources that are git repositories: of those named, or of all.

    \b
    ptnote update-source team
    """
    failed = 0
    for name in names or [source.name for source in added_sources() if source.url]:
        try:
            if update_source(name, timeout):
                tell(next(source for source in added_sources() if source.name == name), screen)
            else:
                screen.notice(f"source '{name}' is up to date")
        except KbError as error:
            if len(names) == 1:
                raise
            screen.notice(str(error))
            failed += 1
    open_library(screen)
    return 1 if failed else 0
