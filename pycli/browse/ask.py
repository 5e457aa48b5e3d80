"""A question that is answered with yes or no, in front of everything else."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from kb import visible
from pycli.browse.drawing import Blocks
from pycli.terminal.blocks import Code


class Ask(ModalScreen[bool]):
    """Asks; whatever is no clear yes means no."""

    BINDINGS: ClassVar = [
        Binding("y", "answer(True)", show=False),
        Binding("n,q,escape,enter,ctrl+c", "answer(False)", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("down", "scroll(1)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
        Binding("pagedown", "scroll(10)", show=False),
    ]

    def __init__(self, question: str, yes: str, no: str, place: str = "", code: str = "") -> None:
        super().__init__()
        self._question, self._yes, self._no = question, yes, no
        self._place, self._code = place, code

    def compose(self) -> ComposeResult:
        """The question, perhaps with code and where it stands, and the two answers."""
        with Vertical(classes="dialog"):
            yield Static(Content(visible(self._question)), classes="question")
            if self._place:
                yield Static(Content(visible(self._place)), classes="place")
            if self._code:
                with VerticalScroll(can_focus=False):
                    yield Blocks([Code(self._code)])
            answers = "[@click=screen.answer(True)]$yes[/]     [@click=screen.answer(False)]$no[/]"
            yield Static(Content.from_markup(answers, yes=self._yes, no=self._no), classes="answers")

    def action_answer(self, answer: bool) -> None:
        """Close with the answer."""
        self.dismiss(answer)

    def action_scroll(self, rows: int) -> None:
        """Move the code."""
        for scroll in self.query(VerticalScroll):
            scroll.scroll_relative(y=rows, animate=False)
