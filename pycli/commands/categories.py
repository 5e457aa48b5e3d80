"""`ptnote categories`."""

from __future__ import annotations

from collections import Counter

import click

from pycli.options import json_option, open_library, screen_options
from pycli.terminal import labels as texts
from pycli.terminal.output import Screen
from pycli.terminal.wrap import pad


@click.command("categories")
@json_option
@screen_options
def command(as_json: bool, screen: Screen) -> None:
    """List categories, how many entries each has, and its overview; in a pipe, one per line."""
    library = open_library(screen)
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
        for category in ordered:
            said = texts.pick(names[category], screen.languages) if category in names else ""
            overview = overviews.get(category, "")
            screen.write(f"{pad(category, 15)}{counts[category]:4}  {pad(overview, 16)}  {said}\n")
