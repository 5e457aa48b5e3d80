"""The page of one entry: everything that it says, and its code at work."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll

from kb import Entry
from pycli.browse import keys
from pycli.browse.code import CodeView
from pycli.browse.drawing import Blocks
from pycli.browse.keep import Keep
from pycli.browse.keys import KeyLine
from pycli.browse.output import Output
from pycli.browse.spoken import Spoken
from pycli.browse.trial import trial
from pycli.terminal.entry_page import closing, explanation, opening

SCROLLS = [
    Binding("up,k", "scroll('up')", show=False),
    Binding("down,j", "scroll('down')", show=False),
    Binding("pageup", "scroll('page_up')", show=False),
    Binding("pagedown,space", "scroll('page_down')", show=False),
    Binding("home", "scroll('home')", show=False),
    Binding("end", "scroll('end')", show=False),
    Binding("shift+tab,p", "previous", show=False),
    *(Binding(str(number), f"choose({number})", show=False) for number in range(1, 10)),
]


class PageScreen(Spoken):
    """All of an entry. One piece of its code is chosen, and the keys act on that."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar = [*keys.bindings(*keys.PAGE), *keys.bindings(*keys.CHANGING), *SCROLLS]

    def __init__(self, entry: Entry, then: str = "") -> None:
        super().__init__()
        self._entry, self._then = entry, then
        self.busy = False
        """Whether a snippet runs."""

    def compose(self) -> ComposeResult:
        """What is to read and the code, in reading order; the output below; the keys."""
        entry, languages, copies = self._entry, self.browse.languages, self.browse.copies
        with VerticalScroll(id="page", can_focus=False):
            yield Blocks(opening(self.browse.library, entry, languages), id="opening")
            if entry.answer:
                yield CodeView(entry, None, languages)
            yield Blocks(explanation(entry, languages), id="explanation")
            for number, snippet in enumerate(entry.snippets, 1):
                copy = copies.get((entry.id, snippet.name), "")
                yield CodeView(entry, snippet, languages, copy, number)
            yield Blocks(closing(entry, languages), id="closing")
        yield Output()
        yield KeyLine()

    async def on_mount(self) -> None:
        """Choose the first code, and do at once what was asked for."""
        self._tell_keys()
        self.query(CodeView).first().focus(scroll_visible=False)
        self.browse.warm_up(self._entry.snippets[0])
        if self._then == "run":
            self.action_run()
        elif self._then == "change":
            await self.action_change()

    def retell(self) -> None:
        """Say everything again; from the start if the entry was edited."""
        entry = self.browse.entry(self._entry.id)
        if entry is None:
            self.browse.tell(self.browse.phrase("gone"), "warning")
            self.dismiss(None)
        elif entry != self._entry:
            self._entry, self._then = entry, ""
            self.refresh(recompose=True)
            self.call_after_refresh(self._show)
        else:
            self._show()

    def _show(self) -> None:
        if not self.query("#opening"):  # the application quits while the page is being made anew
            return
        browse, entry = self.browse, self._entry
        pages = {
            "opening": opening(browse.library, entry, browse.languages),
            "explanation": explanation(entry, browse.languages),
            "closing": closing(entry, browse.languages),
        }
        for id, blocks in pages.items():
            self.query_one(f"#{id}", Blocks).tell(blocks)
        for view in self.query(CodeView):
            view.retell(browse.languages)
        self.query_one(Output).retell(browse.languages)
        self._tell_keys()

    @property
    def _changing(self) -> bool:
        """Whether some code is being changed."""
        return any(view.area is not None for view in self.query(CodeView))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape leaves the code that is being changed first, and the page then."""
        return self._changing is (action == "done") if action in ("done", "back") else True

    def _tell_keys(self) -> None:
        self.query_one(KeyLine).tell(keys.CHANGING if self._changing else keys.PAGE, self.browse.languages)

    def on_code_view_changing(self) -> None:
        """The keys are others while code is changed."""
        self._keep_copies()
        self._tell_keys()

    def _keep_copies(self) -> None:
        for view in self.query(CodeView):
            if view.snippet is not None:
                place = (self._entry.id, view.snippet.name)
                self.browse.copies.pop(place, None)
                if view.copy:
                    self.browse.copies[place] = view.copy

    @property
    def _chosen(self) -> CodeView:
        """The code that the keys act on."""
        views = list(self.query(CodeView))
        return next((view for view in views if view.has_focus_within), self._last(views))

    def _last(self, views: list[CodeView]) -> CodeView:
        return next((view for view in views if view.has_class("-chosen")), views[0])

    def on_descendant_focus(self) -> None:
        """What had the focus last stays chosen while the output has it."""
        chosen = self._chosen
        for view in self.query(CodeView):
            view.set_class(view is chosen, "-chosen")

    def _program(self) -> CodeView:
        """The chosen snippet; the first in place of the answer, which is no whole program."""
        chosen = self._chosen
        if chosen.snippet is None:
            chosen = next(view for view in self.query(CodeView) if view.snippet is not None)
            self.set_focus(chosen)
        return chosen

    def action_scroll(self, where: str) -> None:
        """Move the page."""
        getattr(self.query_one("#page"), f"scroll_{where}")(animate=False)

    def action_choose(self, number: int) -> None:
        """Choose the snippet of a number."""
        for view in self.query(CodeView):
            if view.number == number:
                self.set_focus(view)  # at once, since the next key may be there already

    def action_next(self) -> None:
        """Choose the next code, or the output."""
        self.focus_next()

    def action_previous(self) -> None:
        """Choose the code before."""
        self.focus_previous()

    def action_output(self) -> None:
        """Change the size of the output."""
        self.query_one(Output).next_size()

    def action_back(self) -> None:
        """Stop what runs; if nothing does, go back."""
        if self.busy:
            self.browse.action_stop()
        else:
            self.dismiss(None)

    async def action_change(self) -> None:
        """Change the chosen code in place."""
        await self._program().change()

    async def action_done(self) -> None:
        """Leave the code as it was changed."""
        for view in self.query(CodeView):
            await view.done()

    def action_undo(self) -> None:
        """Take the last change back."""
        for view in self.query(CodeView):
            if view.area is not None:
                view.area.undo()

    def action_restore(self) -> None:
        """Give the changed copy up."""
        view = self._chosen
        self.browse.tell(self.browse.phrase("restored" if view.copy else "no_change"))
        view.restore()

    @work(group="keep")
    async def action_keep(self) -> None:
        """Keep the changed copy as an entry of the user's own."""
        view, browse = self._chosen, self.browse
        if not view.copy:
            browse.tell(browse.phrase("not_changed"), "warning")
        elif path := await browse.push_screen_wait(Keep(view)):
            view.restore()
            browse.read_anew(path)

    def action_copy(self) -> None:
        """Copy the chosen code."""
        view = self._chosen
        view.keep()
        self.browse.copy(view.code, view.called)

    def action_edit(self) -> None:
        """Edit the file of the entry."""
        self.browse.edit(self._entry)

    def action_run(self) -> None:
        """Run the chosen snippet, or its changed copy."""
        if self.busy:
            self.browse.tell(self.browse.phrase("busy"), "warning")
            return
        view = self._program()
        view.keep()
        self._keep_copies()
        self.busy = True
        self._run(view)

    @work(group="run")
    async def _run(self, view: CodeView) -> None:
        try:
            await trial(self.browse, self.query_one(Output), view)
        finally:
            self.busy = False
