"""Where a changed copy gets the id under which it is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from kb import Outcome, keep_snippet, visible
from kb.errors import KbError
from pycli.browse.code import CodeView

if TYPE_CHECKING:
    from pycli.browse.app import Browse


class Keep(ModalScreen[Path | None]):
    """Asks for an id until one can be used; its answer is the file that was written."""

    BINDINGS: ClassVar = [Binding("escape", "leave", show=False)]

    def __init__(self, view: CodeView) -> None:
        super().__init__()
        self._view = view

    @property
    def _browse(self) -> Browse:
        from pycli.browse.app import Browse

        assert isinstance(self.app, Browse)
        return self.app

    def compose(self) -> ComposeResult:
        """The question, the box for the answer, and what is wrong with that."""
        browse = self._browse
        with Vertical(classes="dialog"):
            yield Static(browse.phrase("keep_as"), classes="question")
            yield Input(f"my-{self._view.entry.id}")
            yield Static(id="wrong")
            yield Static(browse.phrase("keep_keys"), classes="answers")

    @on(Input.Submitted)
    def _keep(self, event: Input.Submitted) -> None:
        view, browse = self._view, self._browse
        snippet, result = view.snippet, view.result
        assert snippet is not None
        printed = result.stdout if result else ""
        raised = " ".join(result.error.split()) if result and result.outcome is Outcome.failed else ""
        try:
            path = keep_snippet(
                browse.library,
                view.entry,
                snippet,
                event.value.strip(),
                code=view.copy,
                output=printed,
                raises=raised,
            )
        except KbError as error:
            self.query_one("#wrong", Static).update(Content(visible(browse.translated(str(error)))))
        else:
            self.dismiss(path)

    def action_leave(self) -> None:
        """Keep nothing."""
        self.dismiss(None)
