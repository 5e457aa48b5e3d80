"""`ptnote tags`."""

from __future__ import annotations

from collections import Counter

import click

from pycli.options import json_option, open_library, screen_options
from pycli.terminal.output import Screen
from pycli.terminal.wrap import pad


@click.command("tags")
@json_option
@screen_options
def command(as_json: bool, screen: Screen) -> None:
    """List tags and how many entries have each; in a pipe, one tag per line."""
    counts = Counter(tag for head in open_library(screen).heads.values() for tag in head.tags)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if as_json:
        screen.json(tags=dict(ordered))
    elif not screen.terminal:
        screen.write("".join(f"{tag}\n" for tag in sorted(counts)))
    else:
        width = max(map(len, counts), default=0) + 2
        screen.write("".join(f"{pad(tag, width)}{count}\n" for tag, count in ordered))
