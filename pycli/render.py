"""Colours, tables and progress bars for a terminal. The only importer of rich."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.text import Text

from pycli import layout
from pycli.layout import Block, Code

STYLES = {
    "": "",
    "id": "bold cyan",
    "heading": "bold green",
    "title": "bold",
    "code": "cyan",
    "code-block": "",
    "strong": "bold",
    "output": "bright_black",
    "dim": "bright_black",
    "good": "green",
    "bad": "bold red",
    "warn": "yellow",
}


def colored(blocks: Iterable[Block], width: int) -> str:
    """Blocks as text with terminal colours."""
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=width,
        force_terminal=True,
        color_system="standard",
        soft_wrap=True,
        highlight=False,
    )
    for block in blocks:
        if isinstance(block, Code):
            console.print(_highlighted(block.text.rstrip("\n")), "", sep="\n")
            continue
        for line in layout.lines([block], width):
            text = Text()
            for span, style in line:
                text.append(span, STYLES[style])
            console.print(text)
    return buffer.getvalue()


def _highlighted(code: str) -> Text:
    from rich.syntax import Syntax

    text = Syntax("", "python", theme="ansi_dark", background_color="default").highlight(code)
    text.rstrip()
    return text


class Advance(Protocol):
    """Called as work goes on."""

    def __call__(self, done: int, total: int, note: str = "") -> None: ...


@contextmanager
def progress(label: str) -> Iterator[Advance]:
    """A progress bar on stderr for as long as the block runs."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", style="dim"),
    )
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task(label, total=None, note="")
        yield lambda done, total, note="": bar.update(task, completed=done, total=total, note=note)


def table(rows: Sequence[Sequence[str]], heads: Sequence[str]) -> None:
    """A table on stdout."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    made = Table(*heads, box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(made)
