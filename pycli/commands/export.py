"""`ptnote export`."""

from __future__ import annotations

import functools
from pathlib import Path

import click

from kb import write_export
from pycli.commands.sheet import agreeing, output_options, report
from pycli.options import Choice, json_option, open_library, screen_options
from pycli.terminal.output import Screen


@click.command("export")
@click.argument("tool", type=click.Choice(["vscode", "navi", "cheat"]))
@click.argument("words", nargs=-1, type=Choice())
@output_options
@json_option
@screen_options
def command(
    tool: str, words: tuple[str, ...], output: Path, force: bool, as_json: bool, screen: Screen
) -> None:
    """Write entries for another tool: those of categories and tags, single ones, or all.

    vscode makes a file of snippets, navi a cheatsheet whose commands print code, and cheat a folder with a
    cheatsheet for each entry.

    \b
    ptnote export vscode -o ~/.config/Code/User/snippets/ptnote.code-snippets
    ptnote export navi losses -o ~/.local/share/navi/cheats/pytorch.cheat
    ptnote export cheat -o ~/.config/cheat/cheatsheets/pytorch
    """
    library = open_library(screen)
    write = functools.partial(write_export, library, tool, output, words, languages=screen.languages)
    report(library, agreeing(write, force, screen), screen, as_json)
