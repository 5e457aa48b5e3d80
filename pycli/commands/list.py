"""`ptnote list`."""

from __future__ import annotations

import click

from kb import Head, Text
from pycli.options import CategoryName, TagName, json_option, open_library, screen_options
from pycli.terminal import labels as texts
from pycli.terminal.blocks import Block, Heading, Prose
from pycli.terminal.output import Screen
from pycli.terminal.wrap import columns, pad


@click.command("list")
@click.option("-t", "--tag", "wanted", multiple=True, type=TagName(), help="Only entries with this tag.")
@click.option("-c", "--category", type=CategoryName(), help="Only entries of this category.")
@json_option
@screen_options
def command(wanted: tuple[str, ...], category: str | None, as_json: bool, screen: Screen) -> int:
    """List entries; in a pipe, one id per line."""
    library = open_library(screen)
    chosen = library.select(wanted, category)
    if as_json:
        screen.json(entries=chosen)
    elif not screen.terminal:
        screen.write("".join(f"{head.id}\n" for head in chosen))
    else:
        screen.show(_blocks(chosen, library.categories(), screen), paged=True)
    if not chosen:
        screen.notice("no entry fits; try: ptnote tags, ptnote categories")
    return 0 if chosen else 1


def _blocks(heads: list[Head], names: dict[str, Text], screen: Screen) -> list[Block]:
    width = max((columns(head.id) for head in heads), default=0) + 2
    blocks: list[Block] = []
    before = ""
    for head in heads:
        if head.category != before:
            name = names.get(head.category)
            said = f"  {texts.pick(name, screen.languages)}" if name else ""
            blocks.append(Heading(f"{head.category}{said}"))
            before = head.category
        title = texts.pick(head.title, screen.languages)
        blocks.append(Prose(title, indent="  ", bullet=pad(head.id, width), tight=True))
    return blocks
