"""Help pages in the language of the user, laid out for Chinese text as well."""

from __future__ import annotations

from collections.abc import Iterable

import click

from pycli.terminal import translate
from pycli.terminal.output import terminal_size

WIDEST, NARROWEST = 80, 20
"""Columns of a help page at most and at least."""

NARROW = 50
"""Columns below which a description stands under the name and not beside it."""

COLUMN = 24
"""Columns that the names of options and commands take at most, before their descriptions."""

UNDER = 2
"""The same where the descriptions stand below."""


class HelpPage(click.HelpFormatter):
    """Writes what click has to say, translated if Chinese is spoken."""

    def __init__(self, width: int | None, max_width: int | None, lang: str | None) -> None:
        # click takes no terminal for narrower than 52 columns
        columns = min(terminal_size()[0], max_width or WIDEST)
        super().__init__(width=width or max(columns - 2, NARROWEST), max_width=max_width)
        self.narrow = self.width < NARROW
        self.chinese = translate.speaks_chinese(lang)

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The line that says how a command is called."""
        if self.chinese:
            args = " ".join(map(translate.to_chinese, args.split(" ")))
            prefix = "用法："
        super().write_usage(prog, args, prefix)

    def write_heading(self, heading: str) -> None:
        """The title of a section."""
        if self.chinese:
            self.write(f"{translate.to_chinese(heading)}：\n")
        else:
            super().write_heading(heading)

    def write_text(self, text: str) -> None:
        """Paragraphs; one that begins with a backspace character keeps its lines."""
        if not self.chinese:
            super().write_text(text)
            return
        shown = []
        for paragraph in text.split("\n\n"):
            if paragraph.startswith("\b"):
                shown.append(_kept(paragraph, " " * self.current_indent))
            else:
                one_line = translate.to_chinese(" ".join(paragraph.split()))
                shown.append(_wrapped(one_line, self.width, " " * self.current_indent))
        self.write("\n\n".join(shown) + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """A list of names and what each is."""
        if not self.chinese:
            super().write_dl([*rows], UNDER if self.narrow else col_max, col_spacing)
            return
        rows = [*rows]
        from pycli.terminal.wrap import columns, pad

        most = UNDER if self.narrow else COLUMN
        width = min(max(columns(name) for name, _ in rows), most) + col_spacing
        indent = " " * self.current_indent
        for name, text in rows:
            said, bracket, extra = text.partition("  [")
            lines = _wrapped(translate.to_chinese(said) + bracket + extra, self.width, indent + " " * width)
            if columns(name) <= width - col_spacing:
                lines = indent + pad(name, width) + lines[len(indent) + width :]
            else:
                lines = f"{indent}{name}\n{lines}"
            self.write(f"{lines}\n")


def _kept(paragraph: str, indent: str) -> str:
    """A paragraph of examples: a command, and after several blanks what it does."""
    lines = []
    for line in paragraph.splitlines()[1:]:
        command, blanks, said = _split(line)
        lines.append(indent + command + blanks + translate.to_chinese(said))
    return "\n".join(lines)


def _split(line: str) -> tuple[str, str, str]:
    command, blanks, said = line.rpartition("  ")
    return (command, blanks, said) if command.strip() else (line, "", "")


def _wrapped(text: str, width: int, indent: str) -> str:
    from pycli.terminal.wrap import wrap

    laid = wrap([(text, "")], width, indent, indent)
    return "\n".join("".join(span for span, _ in line) for line in laid)
