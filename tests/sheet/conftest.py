"""Sheets that tests look at, and a browser to look at pages with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kb import Library
from kb.sheet.choose import chosen
from kb.sheet.content import Sheet
from tests.sheet.traps import write_evil

CHROMIUM = Path("/usr/bin/chromium")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def evil(tmp_path) -> Path:
    """A folder of entries whose only one tries to break out of every format."""
    return write_evil(tmp_path / "evil-entries")


@pytest.fixture
def evil_sheet(evil, library) -> Sheet:
    """A sheet of that entry, all of it."""
    return Sheet(groups=chosen(Library.load(evil)), languages=("en", "zh"), everything=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium in {CHROMIUM}")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=OPTIONS)
        yield browser
        browser.close()


class Opened:
    """A page in a browser, and what it did that no page should do."""

    def __init__(self, browser: Any, file: Path, width: int = 1280, **options: Any) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        self.context.set_default_timeout(60_000)  # the machine may be busy
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.on("request", self._requested)
        self.file = file.as_uri()
        self.page.goto(self.file)

    def _requested(self, request: Any) -> None:
        if request.url.split("#")[0] != self.file and not request.url.startswith("data:"):
            self.complaints.append(request.url)

    def shown(self) -> list[str]:
        """The ids of the entries that can be seen, in their order."""
        return self.page.eval_on_selector_all(
            "article", "all => all.filter(one => one.checkVisibility()).map(one => one.id)"
        )


@pytest.fixture
def opened(browser) -> Iterator[Any]:
    """Opens files in pages, and sees at the end that none of them has complained of or requested anything."""
    pages: list[Opened] = []

    def open_page(file: Path, width: int = 1280, **options: Any) -> Opened:
        pages.append(Opened(browser, file, width, **options))
        return pages[-1]

    yield open_page
    for one in pages:
        one.context.close()
    assert [one.complaints for one in pages] == [[] for _ in pages]
