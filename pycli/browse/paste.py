"""Where an error is pasted, and what it means."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import TextArea
from textual.worker import get_current_worker

from kb import Diagnosis
from kb.errors import KbError
from pycli import clipboard
from pycli.browse import keys
from pycli.browse.drawing import Blocks
from pycli.browse.keys import KeyLine
from pycli.browse.spoken import Spoken
from pycli.terminal import labels as texts
from pycli.terminal.blocks import Block, Prose
from pycli.terminal.output import PROSE_WIDTH
from pycli.terminal.output import Screen as Terminal
from pycli.terminal.why_page import why_page


class PasteScreen(Spoken):
    """Text on top, its explanation below; it is explained again with every change."""

    BINDINGS = keys.bindings(*keys.PASTING)

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._text = text
        self._diagnosis: Diagnosis | None = None

    def compose(self) -> ComposeResult:
        """The text, its explanation, the keys."""
        yield TextArea(self._text, id="error", soft_wrap=True, show_line_numbers=False)
        with VerticalScroll(id="cause"):
            yield Blocks()
        yield KeyLine()

    def on_mount(self) -> None:
        """Begin with what is there already, an error in the clipboard for example."""
        self.query_one(TextArea).focus()
        self.retell()
        if self._text:
            self._explain(self._text)
        else:
            self._look_into_clipboard()

    def retell(self) -> None:
        """Say everything again."""
        browse = self.browse
        self.query_one(TextArea).border_title = browse.phrase("paste")
        self.query_one("#cause").border_title = browse.phrase("cause")
        self.query_one(KeyLine).tell(keys.PASTING, browse.languages)
        self._show(self._diagnosis, self.query_one(TextArea).text)

    @work(thread=True, group="clipboard")
    def _look_into_clipboard(self) -> None:
        text = clipboard.pasted()
        with self.browse.searching:
            known = bool(text.strip()) and self.browse.library.why(text) is not None
        if known:
            self.browse.call_later(self._offer, text)

    def _offer(self, text: str) -> None:
        if self.is_attached and not (area := self.query_one(TextArea)).text:
            area.text = text

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        self._explain(event.text_area.text)

    @work(thread=True, exclusive=True, group="why")
    def _explain(self, text: str) -> None:
        worker, browse = get_current_worker(), self.browse
        with browse.searching:
            if worker.is_cancelled:
                return
            try:
                diagnosis = browse.library.why(text, certain=True) if text.strip() else None
            except KbError as error:
                browse.call_later(browse.tell, browse.translated(str(error)), "error")
                return
        if not worker.is_cancelled:
            browse.call_later(self._show, diagnosis, text)

    def _show(self, diagnosis: Diagnosis | None, text: str) -> None:
        if not self.is_attached:  # it was left meanwhile
            return
        self._diagnosis = diagnosis
        blocks: list[Block] = []
        if diagnosis is not None:
            blocks = list(why_page(self.browse.library, diagnosis, self._terminal()))
        elif text.strip():
            blocks = [Prose(texts.label("no_exception", self.browse.languages[:1]))]
        self.query_one(Blocks).tell(blocks)

    def _terminal(self) -> Terminal:
        """What the page is laid out for: the pane below the text."""
        terminal = Terminal()
        terminal.languages = self.browse.languages
        terminal.terminal = True
        terminal.width = max(20, min(self.query_one(Blocks).size.width or self.size.width - 4, PROSE_WIDTH))
        return terminal

    def action_open(self) -> None:
        """Open the entry that explains the error, or the nearest guess."""
        found = self._diagnosis
        guesses = found.guesses if found else ()
        if found and found.entry:
            self.browse.open_entry(found.entry.id)
        else:
            self.browse.open_entry(guesses[0].id if guesses else None)

    def action_undo(self) -> None:
        """Take the last change back."""
        self.query_one(TextArea).undo()

    def action_clear(self) -> None:
        """Empty the text."""
        self.query_one(TextArea).clear()

    def action_back(self) -> None:
        """Go back to where the error was met."""
        self.dismiss(None)
