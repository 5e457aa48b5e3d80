"""`ptnote list`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from kb import Head, Library, Text
from pycli.options import (
    CategoryName,
    GroupName,
    TagName,
    json_option,
    open_library,
    screen_options,
)
from pycli.terminal import labels as texts
from pycli.terminal.blocks import Block, Heading, Prose
from pycli.terminal.output import Screen
from pycli.terminal.wrap import columns, pad


@click.command("list")
@click.argument("words", nargs=-1, type=GroupName())
@click.option("-t", "--tag", "wanted", multiple=True, type=TagName(), help="Only entries with this tag.")
@click.option("-c", "--category", type=CategoryName(), help="Only entries of this category.")
@json_option
@screen_options
def command(
    words: tuple[str, ...], wanted: tuple[str, ...], category: str | None, as_json: bool, screen: Screen
) -> int:
    """List entries: all of them, or those of a tag or a category. In a pipe, one id per line.

    \b
    ptnote list amp
    ptnote list losses -t classification
    """
    library = open_library(screen)
    chosen = library.select(wanted, category, words)
    return show_list(library, chosen, (*words, *wanted, *filter(None, [category])), screen, as_json)


def show_list(
    library: Library, chosen: Sequence[Head], words: Sequence[str], screen: Screen, as_json: bool
) -> int:
    """Print the entries that the words have chosen; the exit code is 1 if there are none."""
    if as_json:
        screen.json(entries=chosen)
    elif not screen.terminal:
        screen.write("".join(f"{head.id}\n" for head in chosen))
    else:
        screen.show(_blocks(chosen, library.categories(), screen), paged=True)
    if not chosen:
        screen.notice(_nothing(library, words))
    return 0 if chosen else 1


def _nothing(library: Library, words: Sequence[str]) -> str:
    """Why nothing is listed: a word is neither a tag nor a category, or no entry has all of them."""
    tags = {tag for head in library.heads.values() for tag in head.tags}
    for word in words:
        if not library.select(words=[word]):
            import difflib

            near = difflib.get_close_matches(word.lower(), {*tags, *library.categories()}, n=3)
            advice = f"did you mean: {', '.join(near)}?" if near else "try: ptnote tags, ptnote categories"
            return f"no tag or category '{word}'; {advice}"
    return "no entry fits; try: ptnote tags, ptnote categories"


def _blocks(heads: Sequence[Head], names: dict[str, Text], screen: Screen) -> list[Block]:
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
