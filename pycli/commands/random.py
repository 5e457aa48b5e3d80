"""`ptnote random`."""

from __future__ import annotations

import random as chance

import click

from pycli.commands.show import show_entry
from pycli.options import json_option, open_library, screen_options
from pycli.terminal.output import Screen


@click.command("random")
@json_option
@screen_options
def command(as_json: bool, screen: Screen) -> None:
    """Show some entry, to learn something new."""
    library = open_library(screen)
    show_entry(library, library.get(chance.choice(tuple(library.heads))), screen, as_json)
