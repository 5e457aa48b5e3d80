"""`ptnote categories`."""

from __future__ import annotations

from collections import Counter

import click

from pycli.commands.list import show_list
from pycli.options import CategoryName, json_option, open_library, screen_options
from pycli.terminal import labels as texts
from pycli.terminal.output import Screen
from pycli.terminal.wrap import pad


@click.command("categories")
@click.argument("category", required=False, type=CategoryName())
@json_option
@screen_options
def command(category: str | None, as_json: bool, screen: Screen) -> int:
    """List categories, how many entries each has, and its overview, or the entries of the given one.

    In a pipe, one name per line.
    """
    library = open_library(screen)
    if category:
        return show_list(library, library.select(category=category), [category], screen, as_json)
    heads = library.heads.values()
    counts = Counter(head.category for head in heads)
    overviews = {head.category: head.id for head in heads if "overview" in head.tags}
    names = library.categories()
    ordered = [*(name for name in names if name in counts), *sorted(counts.keys() - names.keys())]
    if as_json:
        screen.json(
            categories=[
                {"id": c, "entries": counts[c], "name": names.get(c), "overview": overviews.get(c)}
                for c in ordered
            ]
        )
    elif not screen.terminal:
        screen.write("".join(f"{category}\n" for category in ordered))
    else:
        for name in ordered:
            said = texts.pick(names[name], screen.languages) if name in names else ""
            screen.write(f"{pad(name, 15)}{counts[name]:4}  {pad(overviews.get(name, ''), 16)}  {said}\n")
    return 0
