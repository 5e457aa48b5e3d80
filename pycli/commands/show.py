"""`ptnote show`."""

from __future__ import annotations

import click

from kb import Entry, Library
from pycli.options import EntryName, SnippetName, json_option, open_library, screen_options
from pycli.terminal import labels as texts
from pycli.terminal.output import Screen


@click.command("show")
@click.argument("names", nargs=-1, required=True, type=EntryName())
@click.option("-s", "--snippet", type=SnippetName(), help="Only this snippet.")
@click.option(
    "-a", "--all", "whole", is_flag=True, help="Everything: explanation, all code, output, pitfalls."
)
@click.option(
    "--code", is_flag=True, help="Only code: the answer, the first snippet, or the one that is named."
)
@click.option("--proofs", is_flag=True, help="The statements that are proved, each with the code that does.")
@json_option
@screen_options
def command(
    names: tuple[str, ...],
    snippet: str | None,
    whole: bool,
    code: bool,
    proofs: bool,
    as_json: bool,
    screen: Screen,
) -> int:
    """Show an entry on one screen: the code to paste, the pitfalls, and what else there is.

    \b
    ptnote show one-hot
    ptnote show one hot -L zh --all
    ptnote show one-hot soft-targets
    ptnote show one-hot:soft-targets --code | python -
    """
    library = open_library(screen)
    name, chosen = (" ".join(names), snippet) if snippet else library.shelf.named(names)
    entry = library.get(name)
    if as_json or not (code or proofs or chosen):
        show_entry(library, entry, screen, as_json, whole)
    elif code:
        if hiding := texts.hiding(library, entry.id, screen.languages[:1]):
            screen.notice(f"{entry.id}: {hiding}")
        screen.write(library.pick([entry.id], chosen)[1].code if chosen or not entry.answer else entry.answer)
    elif chosen:
        from pycli.terminal.entry_page import snippet_page

        screen.show(snippet_page(entry, library.pick([entry.id], chosen)[1], screen.languages), paged=True)
    else:
        return _show_proofs(entry, screen)
    return 0


def show_entry(
    library: Library, entry: Entry, screen: Screen, as_json: bool = False, whole: bool = False
) -> None:
    """Print an entry as a card, as JSON, or with `whole` all that is known of it."""
    if as_json:
        from kb import entry_document

        screen.json(**entry_document(library, entry))
    elif whole:
        from pycli.terminal.entry_page import entry_page

        screen.show(entry_page(library, entry, screen.languages), paged=True)
    else:
        from pycli.terminal.card import card

        screen.show(card(library, entry, screen.languages, screen.width), paged=True)


def _show_proofs(entry: Entry, screen: Screen) -> int:
    """Print what the entry proves; the exit code is 1 when that is nothing."""
    if not entry.proofs:
        screen.notice(f"entry '{entry.id}' proves nothing; try: ptnote show {entry.id} --all")
        return 1
    from pycli.terminal.entry_page import proofs_page

    screen.show(proofs_page(entry, screen.languages), paged=True)
    return 0
