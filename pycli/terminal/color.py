"""Colors and progress bars for a terminal. The only importer of rich, and only for progress: click colors
text and Pygments code, in a fraction of the time."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kb import paths, visible
from pycli.terminal import blocks as layout
from pycli.terminal.blocks import Block, Code
from pycli.terminal.theme import STYLES, code_colors

if TYPE_CHECKING:
    from rich.progress import Progress

COLORING = 2
"""Raise when code is colored in another way than before."""

KEPT_DAYS = 30


def colored(blocks: Iterable[Block], width: int, theme: str) -> str:
    """Blocks as text with terminal colors."""
    styles = STYLES[theme]
    parts = []
    for block in blocks:
        if isinstance(block, Code):
            parts.append(f"{_highlighted(visible(block.text), theme)}\n\n")
            continue
        for spans in layout.lines([block], width):
            line = [(visible(text), style) for text, style in spans]
            parts += [click.style(text, **styles[style]) if styles[style] else text for text, style in line]
            parts.append("\n")
    return "".join(parts)


def _highlighted(code: str, theme: str) -> str:
    """Python with terminal colors, without a line end; from the cache if it was colored before.

    Straight from Pygments, which rich wraps: a page then starts without rich. The cache is there
    because Pygments compiles its patterns anew in every process, in 70 ms.
    """
    import pygments

    # the file begins with what it was made of, because a checksum as a name may collide
    made_of = f"{COLORING}\n{pygments.__version__}\n{theme}\n{code}\0"
    place = paths.cache_dir() / "colored" / f"{zlib.crc32(made_of.encode()):08x}-{len(code)}"
    with contextlib.suppress(OSError, ValueError):
        kept = (_private(place.parent) / place.name).read_bytes().decode()
        if kept.startswith(made_of):
            return kept.removeprefix(made_of)
    from pygments import highlight
    from pygments.formatters.terminal import TerminalFormatter
    from pygments.lexers.python import PythonLexer

    made = str(highlight(code, PythonLexer(), TerminalFormatter(**code_colors(theme)))).rstrip("\n")
    with contextlib.suppress(OSError):
        paths.atomic_write(_private(place.parent) / place.name, f"{made_of}{made}".encode())
        _forget_old(place.parent)
    return made


def _private(folder: Path) -> Path:
    """The folder, which others can write no more than the cache it lies in. Raises OSError."""
    paths.private_dir(folder.parent)
    return paths.private_dir(folder)


def _forget_old(folder: Path) -> None:
    """Delete what was colored more than `KEPT_DAYS` ago; what is still needed is colored again."""
    import time

    oldest = time.time() - KEPT_DAYS * 24 * 3600
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()


class Bar:
    """A progress bar on stderr, drawn from the first call of `advance` until the block ends."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._progress: Progress | None = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def advance(self, done: int, total: int, note: str = "") -> None:
        """Show that `done` of `total` is done; the note stands behind the bar."""
        if self._progress is None:
            self._progress = _rich_progress()
            self._progress.add_task(self._label, total=None, note="")
            self._progress.start()
        self._progress.update(self._progress.task_ids[0], completed=done, total=total, note=visible(note))


def _rich_progress() -> Progress:
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
    return Progress(*columns, console=Console(file=sys.stderr), transient=True)
