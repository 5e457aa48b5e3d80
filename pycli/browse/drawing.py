"""Blocks of a page as what Textual shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual.content import Content
from textual.geometry import Size
from textual.highlight import highlight
from textual.widget import Widget

from kb import visible
from pycli.terminal import blocks as layout
from pycli.terminal.blocks import Block, Code

STYLES = {
    "": "",
    "id": "bold $text-accent",
    "heading": "bold $text-accent",
    "code": "$text-primary",
    "code-block": "",
    "strong": "bold",
    "output": "",
    "dim": "$text-muted",
    "bad": "$text-error",
    "good": "$text-success",
    "match": "bold $text-warning",
    "warn": "$text-warning",
}
"""The styles that blocks are laid out with, in the colors of the theme."""


HANG = "↳ "
"""Stands before the rest of a line that was broken."""

BREAKS = (" ", ",([")
"""Behind these a line is broken; the first is better."""


def colored(code: str) -> Content:
    """Python, highlighted. Nothing in it can command the terminal."""
    return highlight(visible(code).rstrip("\n"), language="python")


def drawn(blocks: Iterable[Block], width: int) -> Content:
    """Blocks as lines of at most `width` columns."""
    lines: list[Content] = []
    for block in blocks:
        if isinstance(block, Code):
            lines += [*_broken(colored(block.text), width), Content("")]
        else:
            lines += _broken(Content("\n").join(_plain(block, width)), width)
    while lines and not lines[-1].plain.strip():
        lines.pop()
    return Content("\n").join(lines)


def _broken(text: Content, width: int) -> Iterator[Content]:
    """The lines of a text. One that is too long, of code or output, goes on in the next, further in, and
    breaks at a blank or behind a comma or a bracket if it can."""
    for line in text.split("\n", allow_blank=True):
        indent = len(line.plain) - len(line.plain.lstrip())
        hang = Content.styled(" " * min(indent + 2, width // 2) + HANG, "dim")
        first = True
        while line.cell_length > (room := max(2, width - (0 if first else len(hang.plain)))):
            head = line.fold(room)[0].plain
            least = 0 if not first else indent
            ends = (max(head.rfind(stop) + 1 for stop in stops) for stops in BREAKS)
            at = next((end for end in ends if end > max(least, len(head) // 2)), len(head))
            here, line = line.divide([at])  # noqa: PLW2901 - the rest of it
            yield here.rstrip() if first else hang + here.rstrip()
            first = False
        yield line if first else hang + line


def _plain(block: Block, width: int) -> Iterator[Content]:
    for spans in layout.lines([block], width):
        yield Content.assemble(*((visible(text), STYLES[style]) for text, style in spans))


class Blocks(Widget):
    """Blocks, laid out for whatever width they get."""

    DEFAULT_CSS = "Blocks { height: auto; width: 1fr; }"

    def __init__(self, blocks: Iterable[Block] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._blocks = tuple(blocks)
        self._drawn: tuple[int, Content] = (0, Content(""))

    def tell(self, blocks: Iterable[Block]) -> None:
        """Show other blocks."""
        self._blocks = tuple(blocks)
        self._drawn = (0, Content(""))
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The number of lines at this width."""
        return self._at(width).plain.count("\n") + 1 if self._blocks else 0

    def render(self) -> Content:
        """The lines."""
        return self._at(self.content_size.width)

    def _at(self, width: int) -> Content:
        if self._drawn[0] != width:
            self._drawn = (width, drawn(self._blocks, width))
        return self._drawn[1]
