"""A piece of code on the page of an entry, which can be chosen, copied, changed in place, and run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static, TextArea

from kb import Entry, Result, Snippet, visible
from pycli.browse.drawing import Blocks
from pycli.browse.texts import phrase
from pycli.terminal import labels as texts
from pycli.terminal.blocks import Block, Code, Row
from pycli.terminal.entry_page import expectation
from pycli.terminal.labels import Languages


class Area(TextArea):
    """Where code is changed. Tab indents; Escape would otherwise go on to the next code."""

    BINDINGS: ClassVar = [Binding("escape", "screen.done", show=False, priority=True)]


class CodeView(Vertical, can_focus=True):
    """The answer of an entry or a snippet. What has the focus is what the keys act on."""

    class Changing(Message):
        """Changing the code has begun or ended."""

    def __init__(
        self, entry: Entry, snippet: Snippet | None, languages: Languages, copy: str = "", number: int = 0
    ) -> None:
        super().__init__()
        self.number = number
        """Which snippet of the entry it is, counted from 1; 0 for the answer."""
        self.entry, self.snippet = entry, snippet
        self._languages = languages
        self.copy = copy
        """The code of the changed copy; empty without one."""
        self.result: Result | None = None
        """What came of the last run."""

    @property
    def original(self) -> str:
        """The code as the entry has it."""
        return self.snippet.code if self.snippet else self.entry.answer

    @property
    def code(self) -> str:
        """The code as it is shown."""
        return self.copy or self.original

    @property
    def called(self) -> str:
        """What it is called where it is spoken of."""
        if self.snippet is None:
            return self.entry.id
        return f"{self.entry.id}/{self.snippet.name}"

    @property
    def area(self) -> TextArea | None:
        """The place where the code is being changed, if it is."""
        return next(iter(self.query(TextArea)), None)

    def compose(self) -> ComposeResult:
        """A line that names it, the code, what it is to print."""
        yield Static(self._title(), classes="name")
        yield Blocks([Code(self.code)], id="code")
        yield Blocks(self._expected(), id="expected")

    def retell(self, languages: Languages) -> None:
        """Say everything again."""
        self._languages = languages
        self.query_one(".name", Static).update(self._title())
        self.query_one("#code", Blocks).tell([Code(self.code)])
        self.query_one("#expected", Blocks).tell(self._expected())

    def _title(self) -> Content:
        if self.snippet is None:
            named, title = phrase("answer", self._languages), ""
        else:
            named = f"{self.number} {self.snippet.name}"
            title = texts.pick(self.snippet.title, self._languages) if self.snippet.title else ""
        changed = "changing" if self.area else "changed" if self.copy else ""
        return Content.assemble(
            (visible(named), "bold $text-accent"),
            f"  {visible(title)}",
            (f"  {phrase(changed, self._languages)}" if changed else "", "bold $text-warning"),
        )

    def _expected(self) -> Iterator[Block]:
        if self.snippet is None or self.copy:
            return
        if needs := texts.requirements(self.snippet):
            yield Row(f"{texts.labeled('requires', self._languages)}{needs}", style="warn")
        yield from expectation(self.snippet, self._languages)

    async def change(self) -> None:
        """Let the code be changed where it stands."""
        if self.area is None:
            area = Area(self.code.rstrip("\n"), show_line_numbers=True, tab_behavior="indent")
            area.language = "python" if "python" in area.available_languages else None
            await self.mount(area, after=self.query_one("#code"))
            self.query_one("#code").display = False
            area.focus()
            self._changed()

    async def done(self) -> None:
        """Show the code again, as it was left."""
        if (area := self.area) is not None:
            self.keep()
            self.screen.set_focus(self)  # before the area goes, or the focus would go to the next code
            await area.remove()
            self.query_one("#code").display = True
            self._changed()

    def keep(self) -> None:
        """Take what was typed for the changed copy; there is none if it is as the entry has it."""
        if (area := self.area) is not None:
            typed = area.text.rstrip("\n") + "\n"
            self.copy = "" if typed == self.original.rstrip("\n") + "\n" else typed

    def restore(self) -> None:
        """Give the changed copy up."""
        self.copy = ""
        self._changed()

    def _changed(self) -> None:
        self.retell(self._languages)
        self.post_message(self.Changing())
