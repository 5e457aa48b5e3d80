"""`ptnote browse`."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from kb import Settings
from kb.errors import MissingExtra
from pycli import ending
from pycli.commands.run import confining_options
from pycli.options import open_library, screen_options
from pycli.terminal.output import Screen


@click.command("browse")
@click.argument("words", nargs=-1)
@screen_options
@confining_options
@ending.unwinding()
def command(words: tuple[str, ...], screen: Screen, how: dict[str, Any]) -> int:
    """Search, read, change, and run entries, all on one screen.

    \b
    ptnote browse
    ptnote browse 混合精度
    ptnote browse tag:amp --device cpu
    """
    streams = (sys.stdin, sys.stdout, sys.stderr)  # Textual draws on the last
    if not all(stream.isatty() for stream in streams) or os.environ.get("TERM") == "dumb":
        raise click.UsageError("browse needs a terminal; elsewhere, try: ptnote search …")
    try:
        import textual_image.widget  # noqa: F401 - asks the terminal what it can show, which must come first

        from pycli.browse.app import Browse
    except ImportError as error:
        raise MissingExtra("ptnote browse", "browse") from error
    settings = Settings.of(**how)
    browse = Browse(open_library(screen), screen, settings, " ".join(words))
    browse.run()
    if browse.ended_by is not None:
        ending.say(browse.ended_by)
    return browse.return_code or 0
