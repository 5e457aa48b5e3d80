"""`ptnote tags`."""

from __future__ import annotations

from collections import Counter

import click

from pycli.commands.list import show_list
from pycli.options import TagName, json_option, open_library, screen_options
from pycli.terminal.blocks import Verbatim
from pycli.terminal.output import Screen
from pycli.terminal.wrap import pad


@click.command("tags")
@click.argument("tags", nargs=-1, type=TagName())
@json_option
@screen_options
def command(tags: tuple[str, ...], as_json: bool, screen: Screen) -> int:
    """List tags and how many entries have each, or the entries that have the given ones.

    In a pipe, one name per line.
    """
    library = open_library(screen)
    if tags:
        return show_list(library, library.select(tags), tags, screen, as_json)
    counts = Counter(tag for head in library.heads.values() for tag in head.tags)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if as_json:
        screen.json(tags=dict(ordered))
    elif not screen.terminal:
        screen.write("".join(f"{tag}\n" for tag in sorted(counts)))
    else:
        width = max(map(len, counts), default=0) + 2
        screen.show(
            [Verbatim("".join(f"{pad(tag, width)}{count}\n" for tag, count in ordered), "")], paged=True
        )
    return 0
