"""A snippet that somebody wants to run, with everything that was said about how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kb import Entry, Library, Result, Snippet
from pycli.consent import asked_once
from pycli.terminal.output import Screen


class Task:
    """A snippet, and how to run it."""

    def __init__(
        self,
        library: Library,
        entry: Entry,
        snippet: Snippet,
        screen: Screen,
        how: dict[str, Any],
        agreed: bool,
    ) -> None:
        self.library, self.entry, self.snippet = library, entry, snippet
        self.screen, self.how, self.agreed = screen, how, agreed

    def run(self, code: str, shown: bool = False, folder: Path | None = None, capture: bool = True) -> Result:
        """Run the snippet with this code in place of its own; the user agrees first, once, to code that did
        not come with ptnote. `shown` says that it stands on the screen. Raises as `asked_once` does."""
        told = len(self.library.notices)

        def act(agreed: bool) -> Result:
            options = {"folder": folder, "capture": capture, "agreed": agreed, **self.how}
            return self.library.run(self.entry.id, self.snippet.name, code=code, **options)

        result = asked_once(act, self.screen, self.agreed, shown)
        for notice in self.library.notices[told:]:
            self.screen.notice(notice)
        return result
