"""Colours, tables, and progress bars for a terminal. The only importer of rich, and only for
tables and progress: click colours text and Pygments code, in a fraction of the time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import click

from pycli.terminal import blocks as layout
from pycli.terminal.blocks import Block, Code

STYLES: dict[str, dict[str, Any]] = {
    "": {},
    "id": {"fg": "cyan", "bold": True},
    "heading": {"fg": "green", "bold": True},
    "code": {"fg": "cyan"},
    "code-block": {},
    "strong": {"bold": True},
    "output": {"fg": "bright_black"},
    "dim": {"fg": "bright_black"},
    "bad": {"fg": "red", "bold": True},
    "good": {"fg": "green"},
    "warn": {"fg": "yellow"},
}


def colored(blocks: Iterable[Block], width: int) -> str:
    """Blocks as text with terminal colours."""
    parts = []
    for block in blocks:
        if isinstance(block, Code):
            parts.append(f"{_highlighted(block.text)}\n\n")
            continue
        for line in layout.lines([block], width):
            parts += [click.style(text, **STYLES[style]) if STYLES[style] else text for text, style in line]
            parts.append("\n")
    return "".join(parts)


def _highlighted(code: str) -> str:
    """Python with terminal colours, without a line end. Straight from Pygments, which rich wraps:
    a page then starts without rich."""
    from pygments import highlight
    from pygments.formatters.terminal import TerminalFormatter
    from pygments.lexers.python import PythonLexer

    return str(highlight(code, PythonLexer(), TerminalFormatter(bg="dark"))).rstrip("\n")


class Advance(Protocol):
    """Called as work goes on."""

    def __call__(self, done: int, total: int, note: str = "") -> None: ...


@contextmanager
def progress(label: str) -> Iterator[Advance]:
    """A progress bar on stderr for as long as the block runs."""
    import sys

    from rich.console import Console
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
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(*heads, box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(made)
