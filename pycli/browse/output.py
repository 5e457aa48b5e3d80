"""The pane where a run shows what it writes: text as it comes, pictures, and how it ended."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from kb import visible
from pycli.browse.lines import Lines
from pycli.browse.pictures import cells
from pycli.browse.texts import phrase
from pycli.terminal.labels import Languages

if TYPE_CHECKING:
    from PIL.Image import Image

REFRESH = 0.05
"""Seconds between two looks at what has come."""

SIZES = ("", "-large", "-hidden")


class Output(Vertical):
    """What the last run wrote."""

    def __init__(self) -> None:
        super().__init__(classes="-hidden")
        self._lines = Lines()
        self._came: list[tuple[str, str]] = []
        self._coming = threading.Lock()
        """Guards `_came`, which is filled by another thread."""
        self._timer: Timer | None = None
        self._started = 0.0
        self._program, self._device = "", ""
        self._pictures: list[tuple[Widget, Image]] = []
        self._languages: Languages = ("en",)

    def compose(self) -> ComposeResult:
        """The text and the pictures, which scroll, and the last line, which stays."""
        with VerticalScroll():
            yield Static(id="text")
            yield Vertical(id="pictures")
        yield Static(id="facts")

    async def begin(self, name: str, device: str, languages: Languages) -> None:
        """Forget the run before, and look out for what another one writes."""
        self._lines = Lines()
        with self._coming:
            self._came.clear()
        self._program, self._device = name, device
        self._started = time.monotonic()
        self.retell(languages)
        self.remove_class("-hidden")
        self._pictures.clear()
        await self.query_one("#pictures").remove_children()
        self.query_one("#facts").remove_class("bad", "good")
        self._draw()
        self._timer = self.set_interval(REFRESH, self._look)

    def retell(self, languages: Languages) -> None:
        """Say the title again."""
        self._languages = languages
        if self._program:
            self.border_title = f"{phrase('output', languages)} · {visible(self._program)}"

    def written(self, stream: str, text: str) -> None:
        """Take what a run has written; called from any thread."""
        with self._coming:
            self._came.append((stream, text))

    async def finish(
        self, facts: str, failed: bool, pictures: dict[str, Image | str], nothing: bool = False
    ) -> None:
        """Show how the run ended, and the pictures that it left."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._take()
        if not len(self._lines) and not pictures and nothing:
            self._lines.add("stdout", phrase("no_output", self._languages))
        self._draw()
        ended = self.query_one("#facts", Static)
        ended.update(Content(visible(facts)))
        ended.set_class(failed, "bad").set_class(not failed, "good")
        await self._show(pictures)
        self.query_one(VerticalScroll).scroll_end(animate=False)

    async def _show(self, pictures: dict[str, Image | str]) -> None:
        from textual_image.widget import Image as Picture

        place = self.query_one("#pictures")
        for name, picture in pictures.items():
            if isinstance(picture, str):
                told = phrase("no_picture", self._languages, name=name, reason=picture)
                await place.mount(Static(Content(visible(told)), classes="place"))
            else:
                await place.mount(Static(Content(visible(name)), classes="place"))
                await place.mount(shown := Picture(picture))
                self._pictures.append((shown, picture))
        self.on_resize()

    def on_resize(self) -> None:
        """Show each picture as large as there is room for."""
        room = self.query_one(VerticalScroll).size
        for shown, picture in self._pictures:
            shown.styles.width, shown.styles.height = cells(picture, room.width, max(4, room.height - 1))

    def next_size(self) -> None:
        """The next of the sizes: beside the page, alone, hidden."""
        now = next((size for size in SIZES if size and self.has_class(size)), "")
        following = SIZES[(SIZES.index(now) + 1) % len(SIZES)]
        for size in filter(None, SIZES):
            self.set_class(size == following, size)

    def _take(self) -> bool:
        with self._coming:
            came, self._came = self._came, []
        for stream, text in came:
            self._lines.add(stream, text)
        return bool(came)

    def _look(self) -> None:
        if self._take():
            self._draw()
            self.query_one(VerticalScroll).scroll_end(animate=False)
        seconds = f"{time.monotonic() - self._started:.1f}"
        values = {"name": self._program, "device": self._device, "seconds": seconds}
        self.query_one("#facts", Static).update(
            Content(visible(phrase("running", self._languages, **values)))
        )

    def _draw(self) -> None:
        shown = self._lines.drawn()
        if self._lines.dropped:
            told = phrase("dropped", self._languages, count=self._lines.dropped)
            shown = Content("\n").join([Content.styled(told, "$text-muted"), shown])
        text = self.query_one("#text", Static)
        text.update(shown)
        text.display = bool(shown.plain)
