"""`ptnote copy`."""

from __future__ import annotations

import click

from pycli import clipboard
from pycli.options import EntryName, SnippetName, open_library, screen_options
from pycli.terminal.output import Screen


@click.command("copy")
@click.argument("names", nargs=-1, required=True, type=EntryName())
@click.option("-s", "--snippet", type=SnippetName(), help="Only this snippet.")
@screen_options
def command(names: tuple[str, ...], snippet: str | None, screen: Screen) -> None:
    """Copy the code of an entry to the clipboard: the answer, or the snippet that is named.

    Over SSH it goes to the clipboard of your own machine, if your terminal allows that (OSC 52).

    \b
    ptnote copy one-hot
    ptnote copy one-hot:mask
    """
    library = open_library(screen)
    name, chosen = (" ".join(names), snippet) if snippet else library.shelf.named(names)
    entry = library.get(name)
    if chosen is None and entry.answer:
        what, code = entry.id, entry.answer
    else:
        picked = library.pick([entry.id], chosen)[1]
        what, code = f"{entry.id}:{picked.name}", picked.code
    clipboard.copy(code, instead=f"ptnote show {what} --code")
    lines = len(code.splitlines())
    screen.notice(f"copied {what}, 1 line" if lines == 1 else f"copied {what}, {lines} lines")
