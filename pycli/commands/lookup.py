"""`ptnote WORD…` without a command: the entry of that name or number, else the best answer of a search."""

from __future__ import annotations

import click

from kb import Entry, Found, Library
from kb.errors import KbError
from pycli.commands.show import show_entry
from pycli.main import COMMANDS
from pycli.options import json_option, open_library, screen_options
from pycli.terminal.output import Screen

LONGEST_WORD = 20
"""A longer word is no mistyped command."""

NEXT = 4
"""How many further hits stand below the card of the best."""


@click.command("lookup", add_help_option=False)
@click.argument("words", nargs=-1, required=True)
@click.option("-a", "--all", "whole", is_flag=True)
@json_option
@screen_options
@click.pass_context
def command(
    context: click.Context, words: tuple[str, ...], whole: bool, as_json: bool, screen: Screen
) -> int:
    """Show the entry if the words are an id or alias, or a number of the last list, else the best answer."""
    library = open_library(screen)
    text = " ".join(words)
    entry = _named(library, text)
    if entry is not None:
        show_entry(library, entry, screen, as_json, whole)
        return 0
    name, snippet = library.shelf.named([text])
    if snippet and not as_json and library.resolve(name) is not None:
        _show_snippet(library, name, snippet, screen)
        return 0
    import difflib

    from pycli.commands import search

    near = difflib.get_close_matches(text.lower(), COMMANDS, n=1) if len(text) <= LONGEST_WORD else []
    if near and len(words) == 1:
        screen.notice(f"no command '{text}', searching for it; did you mean: ptnote {near[0]}?")
    if as_json:
        return search.show_hits(library, text, 10, screen, as_json)
    found = search.look_up(library, text, 1 + NEXT, screen)
    if not found.hits:
        return search.say_nothing(found, text, screen)
    if whole:
        show_entry(library, library.get(found.hits[0].id), screen, whole=True)
    else:
        _show_best(library, found, screen)
    return 0


def _named(library: Library, text: str) -> Entry | None:
    """The entry of that name, or of that number in the last list; None if the text is neither."""
    id = library.resolve(text)
    if id is None and text.isdecimal():
        from pycli import recent

        id = recent.numbered(int(text))
        if id not in library.heads:
            raise KbError(f"'{id}', number {text} of the last list, is gone; search again")
    return library.get(id) if id else None


def _show_snippet(library: Library, name: str, snippet: str, screen: Screen) -> None:
    """What `ptnote show NAME:SNIPPET` shows."""
    from pycli.terminal.entry_page import snippet_page

    entry, chosen = library.pick([name], snippet)
    screen.show(snippet_page(entry, chosen, screen.languages), paged=True)


def _show_best(library: Library, found: Found, screen: Screen) -> None:
    """The card of the best hit, and below it the next ones, a line each."""
    from pycli import recent
    from pycli.terminal import labels as texts
    from pycli.terminal.blocks import Block, Gap, Row
    from pycli.terminal.card import card
    from pycli.terminal.hits import hit_line

    best, *others = found.hits
    first: list[Block] = []
    if best.doubtful:
        first = [Row(texts.label("doubtful", screen.languages), "warn"), Gap()]
    below: list[Block] = [hit_line(number, hit, screen) for number, hit in enumerate(others, 2)]
    if below:
        below.insert(0, Gap())
    entry = library.get(best.id)
    taken = len(first) + len(below)
    blocks = card(library, entry, screen.languages, screen.width, taken, related=False)
    recent.keep(hit.id for hit in found)
    screen.show([*first, *blocks, *below], paged=True)
