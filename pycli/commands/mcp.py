"""`ptnote mcp`."""

from __future__ import annotations

import sys
from typing import Any

import click

from kb import Settings, serve
from pycli import ending
from pycli.commands.run import confining_options
from pycli.options import open_library, screen_options
from pycli.terminal.output import Screen


@click.command("mcp")
@click.option("--no-run", is_flag=True, help="Offer no tool that runs snippets.")
@screen_options
@confining_options
@ending.unwinding()
def command(no_run: bool, screen: Screen, how: dict[str, Any]) -> None:
    """Serve agents by the Model Context Protocol on stdin and stdout: search, show, why, and run.

    \b
    ptnote mcp                    what an agent starts; see docs/agents.md
    ptnote mcp --python ~/envs/train/bin/python --timeout 60
    """
    open_library(screen)  # for what there is to notice
    if sys.stdin.isatty():
        screen.notice("waiting for an agent on stdin; Ctrl-C ends it")
    serve(Settings.of(**how), may_run=not no_run)
