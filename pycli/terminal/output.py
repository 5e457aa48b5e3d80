"""Where output goes and how: languages, width, color, pager. stdout carries content, stderr notices."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kb import visible
from pycli import config
from pycli.config import Config
from pycli.terminal import blocks as layout
from pycli.terminal.blocks import Block
from pycli.terminal.labels import Languages

if TYPE_CHECKING:
    from kb import Problem

PROSE_WIDTH = 100
"""Lines longer than this are hard to read, however wide the terminal."""

PIPE_SIZE = (80, 24)
"""Columns and lines where no terminal says otherwise."""

PAGER_OPTIONS = {"LESS": "FRX", "LV": "-c"}
"""Environment of the pager unless the user's own says otherwise: less and lv show colors then, as for git."""

Advance = Callable[..., None]
"""Called as work goes on with (done, in all) and perhaps a note, the name of what is being done."""


class Screen:
    """What a command talks to."""

    def __init__(self, lang: str | None = None, color: str | None = None, pager: bool = True) -> None:
        self.config: Config = config.load()
        self.languages: Languages = config.languages(lang, self.config)
        self._color = color
        self._pager = pager

    @cached_property
    def terminal(self) -> bool:
        """Whether stdout is a terminal."""
        return sys.stdout.isatty()

    @cached_property
    def color(self) -> bool:
        """Whether stdout gets colors: option > NO_COLOR > FORCE_COLOR > settings > terminal."""
        if self._color in ("always", "never"):
            return self._color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        if self.config.color in ("always", "never"):
            return self.config.color == "always"
        return self.terminal and os.environ.get("TERM") != "dumb"

    @cached_property
    def width(self) -> int:
        """Columns to fill."""
        return max(20, min(terminal_size()[0], PROSE_WIDTH))

    def show(self, blocks: Iterable[Block], paged: bool = False) -> None:
        """Write blocks to stdout; with `paged`, through a pager if they are longer than the terminal."""
        if self.color:
            from pycli.terminal import color as render

            text = render.colored(blocks, self.width, config.theme(self.config))
        else:
            laid = layout.lines(blocks, self.width)
            text = visible("".join("".join(span for span, _ in line) + "\n" for line in laid))
        if not (paged and self._pages(text)):
            self._put(text)

    def write(self, text: str) -> None:
        """Write text to stdout: control characters as escape sequences of Python, and a question mark for
        what its encoding lacks."""
        self._put(visible(text))

    @staticmethod
    def _put(text: str) -> None:
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))

    def json(self, **content: Any) -> None:
        """Write one JSON document to stdout."""
        from kb import json_document

        self._put(json_document(content) + "\n")

    def say(self, text: str) -> str:
        """What the interface says, in Chinese if that is spoken and the text is known."""
        if self.languages[0] != "zh":
            return text
        from pycli.terminal.translate import to_chinese

        return to_chinese(text)

    def problem(self, problem: Problem) -> None:
        """Write what is wrong with an entry, on a line that an editor can jump to."""
        self.write(f"{problem.path}:{problem.line}: {problem.code} {self.say(problem.message)}\n")

    def notice(self, text: str) -> None:
        """Say a line on stderr."""
        text = self.say(text)
        encoding = sys.stderr.encoding or "utf-8"
        sys.stderr.write(f"ptnote: {visible(text)}\n".encode(encoding, "replace").decode(encoding))

    @contextlib.contextmanager
    def progress(self, label: str) -> Iterator[Advance]:
        """A progress bar on stderr from the first call of what is yielded until the block ends. Where
        stderr is no terminal the calls do nothing."""
        if sys.stderr.isatty():
            from pycli.terminal.color import Bar

            with Bar(label) as bar:
                yield bar.advance
        else:
            yield lambda done, total, note="": None

    def _pages(self, text: str) -> bool:
        """Show text in the pager; False if it should be written plainly instead."""
        if not (self._pager and self.terminal and text.count("\n") >= terminal_size()[1]):
            return False
        import shutil
        import subprocess

        command = (
            os.environ.get("PTNOTE_PAGER") or self.config.pager or os.environ.get("PAGER") or "less -FRX"
        )
        if command == "cat" or not shutil.which(command.split()[0]):
            return False
        with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
            subprocess.run(
                command, shell=True, input=text.encode(), check=False, env={**PAGER_OPTIONS, **os.environ}
            )
        return True


def terminal_size() -> tuple[int, int]:
    """Columns and lines: `COLUMNS` and `LINES`, else those of the terminal on stdout, else `PIPE_SIZE`.

    The same as `shutil.get_terminal_size`, without the time it takes to import shutil.
    """
    columns, lines = _number("COLUMNS"), _number("LINES")
    if not (columns and lines):
        try:
            size = os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1)
        except (OSError, ValueError):
            size = os.terminal_size((0, 0))
        columns = columns or size.columns or PIPE_SIZE[0]
        lines = lines or size.lines or PIPE_SIZE[1]
    return columns, lines


def _number(variable: str) -> int:
    text = os.environ.get(variable, "")
    return int(text) if text.isdecimal() else 0
