"""The application: what all its screens share, and the keys that act on each of them."""

from __future__ import annotations

import contextlib
import select
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from msgspec import structs
from textual import work
from textual.app import App
from textual.notifications import SeverityLevel

from kb import Entry, Library, Runner, Settings, Severity, Snippet, visible
from kb.errors import KbError
from pycli import clipboard, config, ending
from pycli.browse import keys, own
from pycli.browse.ask import Ask
from pycli.browse.find import FindScreen
from pycli.browse.help import Help
from pycli.browse.page import PageScreen
from pycli.browse.paste import PasteScreen
from pycli.browse.spoken import Spoken
from pycli.browse.texts import phrase
from pycli.terminal.labels import Languages
from pycli.terminal.output import Screen as Terminal

ORDER: tuple[Languages, ...] = (("en",), ("zh",), ("en", "zh"))
"""The languages in the order in which a key goes through them."""

NARROW_AND_WIDE = [(0, "-narrow"), (66, "-wide")]
"""Columns from which on a screen has a class."""

THEMES = {"light": "textual-light"}
"""Themes of ptnote that are not the dark one here."""


class Browse(App[None]):
    """`ptnote browse`."""

    CSS_PATH = "browse.tcss"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = NARROW_AND_WIDE
    BINDINGS = keys.bindings(*keys.EVERYWHERE, keys.HELP, keys.LANGUAGE, keys.DEVICE, keys.WHY)

    def __init__(self, library: Library, terminal: Terminal, settings: Settings, query: str = "") -> None:
        super().__init__()
        self.library, self.terminal, self.query_at_start = library, terminal, query
        self.languages: Languages = terminal.languages
        self.runner = Runner(settings)
        self.searching = threading.Lock()
        """Held by whoever asks the library a question: the index is not made for several threads."""
        self.copies: dict[tuple[str, str], str] = {}
        """The code of changed copies, by entry and snippet."""
        self.failed = ""
        """What the last run wrote to stderr, if it failed."""
        self.reload: Callable[[], Library] = Library.load
        self.ended_by: int | None = None
        """The signal that has ended it."""

    def on_mount(self) -> None:
        """Open the search."""
        self.theme = THEMES.get(config.theme(self.terminal.config), "textual-dark")
        self.push_screen(FindScreen())
        ending.by_loop(self._end)
        self.set_interval(1.0, self._leave_a_closed_terminal)
        for notice in [*self.library.notices]:
            self.tell(self.translated(notice), "warning")

    def _end(self, number: int) -> None:
        """Quit because of a signal, ending whatever runs."""
        self.ended_by = number
        self.exit(return_code=128 + number)

    def _leave_a_closed_terminal(self) -> None:
        """Quit if the terminal is gone. Only the programs of its session get a signal then, and Textual would
        read the end of the input for ever."""
        if sys.__stdin__ is None or not hasattr(select, "poll"):
            return
        watched = select.poll()
        watched.register(sys.__stdin__.fileno(), 0)
        if any(event & select.POLLHUP for _, event in watched.poll(0)):
            self.exit()

    def on_unmount(self) -> None:
        """End whatever runs."""
        self.runner.close()

    def phrase(self, name: str, /, **values: object) -> str:
        """What the browser says, in the language that is spoken."""
        return phrase(name, self.languages, **values)

    def translated(self, text: str) -> str:
        """What the library says, in the language that is spoken."""
        from pycli.terminal.translate import to_chinese

        return to_chinese(text) if self.languages[0] == "zh" else text

    def tell(self, text: str, severity: SeverityLevel = "information") -> None:
        """Show a line for a few seconds."""
        self.notify(visible(text), severity=severity, markup=False)

    @property
    def device(self) -> str:
        """The device that snippets run on, as it is shown."""
        return self.runner.settings.device or self.phrase("auto")

    def entry(self, id: str | None) -> Entry | None:
        """The entry of an id; None, and a line that says so, if it cannot be had."""
        try:
            return self.library.get(id) if id in self.library.heads else None
        except KbError as error:
            self.tell(self.translated(str(error)), "error")
            return None

    def open_entry(self, id: str | None, then: str = "") -> None:
        """Open the page of an entry, and perhaps do something there at once."""
        entry = self.entry(id)
        if entry is None:
            self.tell(self.phrase("no_entry"), "warning")
        else:
            self.push_screen(PageScreen(entry, then))

    def retell(self) -> None:
        """Have every screen say everything again."""
        for screen in self.screen_stack:
            if isinstance(screen, Spoken):
                screen.retell()

    def action_language(self) -> None:
        """Speak the next of the languages."""
        at = ORDER.index(self.languages) if self.languages in ORDER else 0
        self.languages = ORDER[(at + 1) % len(ORDER)]
        self.retell()

    @work(thread=True, exclusive=True, group="device")
    def action_device(self) -> None:
        """Run on the next of the devices that torch finds here. Asking it takes a moment, once."""
        try:
            known = ["", *self.runner.devices]
        except KbError as error:
            self.call_later(self.tell, self.translated(str(error)), "error")
            return
        self.call_later(self._next_device, known)

    def _next_device(self, known: list[str]) -> None:
        now = self.runner.settings.device
        at = known.index(now) if now in known else 0
        chosen = known[(at + 1) % len(known)]
        self.runner.settings = structs.replace(self.runner.settings, device=chosen)
        self.tell(self.phrase("device", name=self.device))
        if known in ([""], ["", "cpu"]):
            self.tell(self.phrase("no_device"))
        self.retell()

    def action_why(self) -> None:
        """Open the place where an error is pasted; with the error of the last run, if that failed."""
        if not isinstance(self.screen, PasteScreen):
            self.push_screen(PasteScreen(self.failed))

    def action_help(self) -> None:
        """Show all keys."""
        self.push_screen(Help(self.languages))

    @work(thread=True, group="stop")
    def action_stop(self) -> None:
        """Stop what runs."""
        if isinstance(self.screen, PageScreen) and self.screen.busy:
            self.runner.stop()
        else:
            self.call_later(self.tell, self.phrase("not_running"))

    @work(exclusive=True, group="leave")
    async def action_leave(self) -> None:
        """Quit; ask first if changed copies would be lost."""
        if self.copies:
            names = ", ".join(f"{entry}/{snippet}" for entry, snippet in self.copies)
            question = self.phrase("lose", names=names)
            if not await self.push_screen_wait(
                Ask(question, self.phrase("lose_yes"), self.phrase("lose_no"))
            ):
                return
        self.exit()

    @work(thread=True, group="copy")
    def copy(self, text: str, what: str) -> None:
        """Copy text: over SSH by tmux or by the terminal (OSC 52), which has to do it as well where this
        machine has no clipboard."""
        done = clipboard.is_remote() and clipboard.to_tmux(text)
        if not clipboard.is_remote():
            with contextlib.suppress(clipboard.NoClipboard):
                clipboard.to_desktop(text, "")
                done = True
        if not done:
            self.call_later(self.copy_to_clipboard, text)
        self.call_later(self.tell, self.phrase("copied" if done else "copied_by_terminal", what=what))

    @work(thread=True, group="warm")
    def warm_up(self, snippet: Snippet) -> None:
        """Have torch imported before the first run is asked for."""
        try:
            self.runner.warm_up(snippet)
        except KbError:  # the run will say it
            return

    def edit(self, entry: Entry) -> None:
        """Have the user edit an entry, or a copy of it that then hides it, and read all entries anew."""
        try:
            with self.suspend():
                path = own.edited(self.library, entry)
        except KbError as error:
            self.tell(self.translated(str(error)), "error")
            return
        if path is None:
            self.tell(self.phrase("no_change"))
        else:
            self.read_anew(path)

    def read_anew(self, path: Path) -> None:
        """Read all entries anew, because a file of the user's was written, and say what is wrong with it."""
        self.library = self.reload()
        problems = [str(one) for one in self.library.check(path) if one.severity is Severity.fails]
        for line in problems:
            self.tell(self.translated(line), "error")
        if not problems:
            self.tell(self.phrase("written", path=path))
        self.retell()
