"""`ptnote sheet`."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from kb import Library, Written, visible, write_sheet
from kb.errors import FileExists, KbError
from pycli import ending
from pycli.commands.run import interpreter
from pycli.options import Choice, json_option, open_library, screen_options
from pycli.terminal.output import Screen

LEFT_OUT_NAMED = 3
"""How many snippets without figures are named."""


class NothingWritten(KbError):
    """The user does not want a file to be replaced."""


def output_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Where the file goes, and whether one that is there may be replaced."""
    function = click.option("--force", is_flag=True, help="Replace a file that is there.")(function)
    return click.option(
        "-o", "--output", required=True, type=click.Path(path_type=Path), help="The file to write."
    )(function)


@click.command("sheet")
@click.argument("words", nargs=-1, type=Choice())
@output_options
@click.option("-a", "--all", "whole", is_flag=True, help="All of each entry, not only its card.")
@click.option("--figures", is_flag=True, help="Run the snippets that draw, and put in their pictures.")
@click.option("--python", type=click.Path(), help="Another interpreter to run them with.")
@click.option("--yes", is_flag=True, help="Run code that did not come with ptnote.")
@json_option
@screen_options
@ending.unwinding()
def command(
    words: tuple[str, ...],
    output: Path,
    force: bool,
    whole: bool,
    figures: bool,
    python: str | None,
    yes: bool,
    as_json: bool,
    screen: Screen,
) -> None:
    """Write entries to one file: those of categories and tags, single ones, or all.

    The end of the file's name says what it becomes: .html, a page with search in both languages; .pdf,
    two columns on A4; .md; .ipynb, a notebook that runs; .apkg, cards for Anki.

    \b
    ptnote sheet -o pytorch.html
    ptnote sheet losses optim -o losses.pdf -L zh
    ptnote sheet visualization --figures -o plots.html
    """
    library = open_library(screen)
    with screen.progress("figures") as progress:
        write = functools.partial(
            write_sheet,
            library,
            output,
            words,
            languages=screen.languages,
            everything=whole,
            figures=figures,
            python=interpreter(python or screen.config.python),
            agreed=yes,
            progress=progress,
        )
        written = agreeing(write, force, screen)
    report(library, written, screen, as_json)


def agreeing(write: Callable[..., Written], force: bool, screen: Screen) -> Written:
    """What `write` wrote. On a terminal the user is asked before a file is replaced; elsewhere it stays."""
    try:
        return write(replace=force)
    except FileExists as error:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        question = screen.say(f"{error.path} exists already. Replace it?")
    if not click.confirm(visible(question), err=True):
        raise NothingWritten("nothing was written")
    return write(replace=True)


def report(library: Library, written: Written, screen: Screen, as_json: bool) -> None:
    """Say what was written: the files on stdout, the rest as a notice."""
    if as_json:
        screen.json(**{name: getattr(written, name) for name in written.__struct_fields__})
        return
    screen.write("".join(f"{path}\n" for path in written.files))
    for line in written.left_out[:LEFT_OUT_NAMED]:
        screen.notice(f"no figure of {line}")
    if (more := len(written.left_out) - LEFT_OUT_NAMED) > 0:
        screen.notice(f"no figures of {more} more snippets")
    size = _size(written.size)
    screen.notice(f"entries: {len(written.entries)}, figures: {written.figures}, size: {size}")


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(1, round(count / 1e3))} KB"
