"""`ptnote WORD…` without a command: the entry of that name, else a search."""

from __future__ import annotations

import click

from pycli.main import COMMANDS
from pycli.options import json_option, open_library, screen_options
from pycli.terminal.output import Screen

LONGEST_WORD = 20
"""A longer word is no mistyped command."""


@click.command("lookup", add_help_option=False)
@click.argument("words", nargs=-1, required=True)
@json_option
@screen_options
@click.pass_context
def command(context: click.Context, words: tuple[str, ...], as_json: bool, screen: Screen) -> int:
    """Show the entry if the words are an id or alias, else search for them."""
    library = open_library(screen)
    text = " ".join(words)
    id = library.resolve(text)
    if id is not None:
        from pycli.commands.show import show_entry

        show_entry(library, library.get(id), screen, as_json)
        return 0
    import difflib

    from pycli.commands.search import show_hits

    near = difflib.get_close_matches(text.lower(), COMMANDS, n=1) if len(text) <= LONGEST_WORD else []
    if near and len(words) == 1:
        screen.notice(f"no command '{text}', searching for it; did you mean: ptnote {near[0]}?")
    return show_hits(library, text, 10, screen, as_json)
