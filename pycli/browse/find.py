"""The first screen: a search box, what it finds, and the card of the chosen entry."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.worker import get_current_worker

from kb import Found, visible
from kb.errors import BadQuery, KbError
from pycli.browse import keys
from pycli.browse.card import card
from pycli.browse.drawing import Blocks
from pycli.browse.keys import KeyLine
from pycli.browse.results import Results
from pycli.browse.spoken import Spoken
from pycli.terminal import labels as texts

LIMIT = 30
"""Hits that a search lists."""


class FindScreen(Spoken):
    """Type to search; the card of what is chosen stands beside the list."""

    BINDINGS = keys.bindings(*keys.TYPING, *keys.LIST)

    def compose(self) -> ComposeResult:
        """The search box on top, the list and the card below, the keys at the bottom."""
        yield Input(self.browse.query_at_start, id="ask")
        yield Static(id="told")
        with Horizontal(id="panes"):
            yield Results(id="results")
            with VerticalScroll(id="card"):
                yield Blocks(id="blocks")
        yield KeyLine()

    def on_mount(self) -> None:
        """Begin with what the command line asks for, or with all entries."""
        self._asked: str | None = None
        self._found: Found | None = None
        self.query_one(Input).focus()
        self.retell()

    def retell(self) -> None:
        """Say everything again."""
        browse, ask = self.browse, self.query_one(Input)
        spoken = browse.phrase(
            "spoken_both" if len(browse.languages) > 1 else f"spoken_{browse.languages[0]}"
        )
        ask.border_title = f"ptnote · {browse.phrase('search')}"
        ask.border_subtitle = f"{spoken} · {browse.phrase('device', name=browse.device)}"
        ask.placeholder = browse.phrase("ask")
        self._tell_keys()
        if self._found is None or self._asked != ask.value:
            self.seek(ask.value)
        else:
            self._show(ask.value, self._found)
        self._show_card()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self.seek(event.value)

    def seek(self, text: str) -> None:
        """Search, without waiting for it; the whole list if nothing is asked."""
        self._asked = text
        if text.strip():
            self.query_one(Results).border_title = self.browse.phrase("searching")
            self._search(text)
        else:
            self._found = None
            self._show_all()

    @work(thread=True, exclusive=True, group="search")
    def _search(self, text: str) -> None:
        worker, browse = get_current_worker(), self.browse

        def progress(done: int, total: int) -> None:
            if not worker.is_cancelled:
                browse.call_later(self._tell, browse.phrase("indexing", done=done, total=total))

        with browse.searching:
            if worker.is_cancelled:  # more was typed meanwhile
                return
            known = len(browse.library.notices)
            try:
                found = browse.library.search(text, LIMIT, progress)
            except BadQuery:
                found = Found([])
            except KbError as error:
                browse.call_later(self._tell, browse.translated(str(error)))
                return
        for notice in browse.library.notices[known:]:
            browse.call_later(browse.tell, browse.translated(notice), "warning")
        if not worker.is_cancelled:
            browse.call_later(self._show, text, found)

    def _show(self, text: str, found: Found) -> None:
        if text != self._asked:
            return
        anew, self._found = found is not self._found, found
        results, languages = self.query_one(Results), self.browse.languages
        results.list_hits(found.hits, languages)
        if anew:
            results.choose_first()
        count = len(found.hits)
        results.border_title = self.browse.phrase("found_one" if count == 1 else "found", count=count)
        self._tell(self._about(found))
        self._show_card()

    def _about(self, found: Found) -> str:
        """What to know about a search beside what it found."""
        languages = self.browse.languages[:1]
        if not found.hits:
            told = f"{texts.label('nothing', languages)} '{' '.join((self._asked or '').split())}'"
            if found.suggestions:
                told += f"; {texts.label('did_you_mean', languages)}: {texts.listed(found.suggestions)}?"
            return told
        parts = [texts.label("doubtful", languages)] if found.hits[0].doubtful else []
        label = texts.label("corrected", languages)
        parts += [f"{label}: {word} → {texts.listed(near)}" for word, near in found.corrections.items()]
        return " · ".join(parts)

    def _show_all(self) -> None:
        library, results = self.browse.library, self.query_one(Results)
        try:
            categories = library.categories()
        except KbError:  # the list is useful without their names
            categories = {}
        results.list_all(library.heads.values(), categories, self.browse.languages)
        results.border_title = self.browse.phrase("all", count=len(library.heads))
        self._tell("")
        self._show_card()

    def _tell(self, text: str) -> None:
        told = self.query_one("#told", Static)
        told.display = bool(text)
        told.update(Content(visible(text)))

    @on(OptionList.OptionHighlighted)
    def _show_card(self) -> None:
        chosen, pane = self.query_one(Results).chosen, self.query_one("#card", VerticalScroll)
        entry = self.browse.entry(chosen) if chosen else None
        shown = list(card(self.browse.library, entry, self.browse.languages)) if entry else []
        self.query_one(Blocks).tell(shown)
        pane.border_title = entry.id if entry else ""
        pane.scroll_home(animate=False)

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    def action_open(self) -> None:
        """Open the page of the chosen entry."""
        if chosen := self.query_one(Results).chosen:
            self.browse.open_entry(chosen)

    def on_descendant_focus(self) -> None:
        """The keys are others in the search box than elsewhere."""
        self._tell_keys()

    def _tell_keys(self) -> None:
        typing = self.query_one(Input).has_focus
        self.query_one(KeyLine).tell(keys.TYPING if typing else keys.LIST, self.browse.languages)

    def action_list(self) -> None:
        """Go to the list."""
        self.query_one(Results).focus()

    def action_search(self) -> None:
        """Go to the search box."""
        self.query_one(Input).focus()

    def action_clear(self) -> None:
        """Go to the search box; empty it, if the cursor is there already."""
        ask = self.query_one(Input)
        if ask.has_focus:
            ask.value = ""
        ask.focus()

    def action_run(self) -> None:
        """Open the page and run the first snippet there."""
        self.browse.open_entry(self.query_one(Results).chosen, "run")

    def action_change(self) -> None:
        """Open the page and change the first snippet there."""
        self.browse.open_entry(self.query_one(Results).chosen, "change")

    def action_copy(self) -> None:
        """Copy the code that the card shows."""
        if entry := self.browse.entry(self.query_one(Results).chosen):
            self.browse.copy(entry.answer or entry.snippets[0].code, entry.id)

    def action_edit(self) -> None:
        """Edit the file of the chosen entry."""
        if entry := self.browse.entry(self.query_one(Results).chosen):
            self.browse.edit(entry)
