"""The keys, all of them, in front of everything else."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from pycli.browse import keys
from pycli.browse.keys import Key
from pycli.browse.texts import phrase
from pycli.terminal.labels import Languages
from pycli.terminal.wrap import pad

GROUPS = (
    ("help_search", keys.TYPING),
    ("help_list", keys.LIST),
    ("help_page", keys.PAGE),
    ("help_change", keys.CHANGING),
    ("help_why", keys.PASTING),
    ("help_everywhere", keys.EVERYWHERE),
)

KEY_WIDTH = 6
"""Columns for the name of a key."""

MOVES = ("up", "down", "pageup", "pagedown", "home", "end")


class Help(ModalScreen[None]):
    """What each key does."""

    def __init__(self, languages: Languages) -> None:
        super().__init__()
        self._languages = languages

    def compose(self) -> ComposeResult:
        """A table for each place in which keys act."""
        with Vertical(classes="dialog"):
            with VerticalScroll():
                yield Static(Content("\n").join(self._lines()))
            yield Static(phrase("close", self._languages), classes="answers")

    def _lines(self) -> list[Content]:
        lines: list[Content] = []
        for name, group in GROUPS:
            lines += [Content(""), Content.styled(phrase(name, self._languages), "bold $text-accent")]
            lines += [self._line(key) for key in group]
        return lines[1:]

    def _line(self, key: Key) -> Content:
        shown = pad(key.shown or key.keys, KEY_WIDTH)
        return Content.assemble("  ", (shown, "bold $accent"), " ", key.long.get(self._languages[0]))

    def on_key(self, event: events.Key) -> None:
        """Close, unless the key moves the table."""
        if event.key not in MOVES:
            event.stop()
            self.dismiss(None)

    def on_click(self) -> None:
        """Close."""
        self.dismiss(None)
