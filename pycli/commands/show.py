"""`ptnote show`."""

from __future__ import annotations

import click

from kb import Content, Entry, Library
from pycli.options import EntryName, SnippetName, json_option, open_library, screen_options
from pycli.terminal import labels as texts
from pycli.terminal.entry_page import entry_page
from pycli.terminal.output import Screen


@click.command("show")
@click.argument("names", nargs=-1, required=True, type=EntryName())
@click.option("-s", "--snippet", type=SnippetName(), help="Of this snippet only; with --code.")
@click.option("--code", is_flag=True, help="Print only the code, ready to pipe into python.")
@json_option
@screen_options
def command(names: tuple[str, ...], snippet: str | None, code: bool, as_json: bool, screen: Screen) -> None:
    """Show an entry: what it is, its snippets, its traps.

    \b
    ptnote show one-hot
    ptnote show one hot -L zh
    ptnote show one-hot --code | python -
    """
    library = open_library(screen)
    entry = library.get(" ".join(names))
    if code or snippet:
        if hiding := texts.hiding(library, entry.id, screen.languages[:1]):
            screen.notice(f"{entry.id}: {hiding}")
        screen.write(library.pick([entry.id], snippet)[1].code)
    else:
        show_entry(library, entry, screen, as_json)


def show_entry(library: Library, entry: Entry, screen: Screen, as_json: bool = False) -> None:
    """Print an entry as a page or as JSON."""
    if as_json:
        content = {name: getattr(entry, name) for name in Content.__struct_fields__}
        hidden = library.hidden_by(entry.id)
        place = {"path": entry.path, "layer": entry.layer, "hides": hidden.path if hidden else None}
        screen.json(id=entry.id, category=entry.category, **place, **content)
    else:
        screen.show(entry_page(library, entry, screen.languages), paged=True)
