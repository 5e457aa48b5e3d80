"""What agents may ask for, answered with documents. Requests may come from several threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kb.content.entry import Head
from kb.documents import Document, diagnosis_document, entry_document, found_document, result_document
from kb.errors import BadSetting
from kb.library import Library
from kb.run import process, trust
from kb.run.settings import Settings


class Service:
    """The entries that are visible here, and how their snippets are run.

    An entry file that changes while agents are served counts from the next request on.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._library: Library | None = None
        self._lock = threading.Lock()

    def search(self, query: str, limit: int) -> Document:
        """See `Library.search`."""
        with self._open() as library:
            return found_document(query, library.search(query, limit))

    def show(self, name: str) -> Document:
        """See `Library.get`."""
        with self._open() as library:
            return entry_document(library, library.get(name))

    def why(self, text: str) -> Document:
        """See `Library.why`."""
        with self._open() as library:
            return diagnosis_document(library.why(text, certain=True))

    def heads(self) -> list[Head]:
        """What lists show of each entry, in reading order."""
        with self._open() as library:
            return [*library.heads.values()]

    def run(
        self, name: str, snippet: str | None, device: str, timeout: float, stop: threading.Event
    ) -> Document:
        """Run a snippet that is built in or that the user has agreed to; setting `stop` ends the run.

        An empty device and a time-out of 0 mean what the settings say, whose time-out is the longest. Raises
        as `Library.run` does, and BadSetting for a longer time-out.
        """
        longest = self.settings.timeout
        if timeout > longest:
            raise BadSetting(f"timeout is {timeout:g}; a snippet may take {longest:g} seconds here at most")
        with self._open() as library:
            entry, chosen = library.pick([name], snippet)
        trust.require(entry, chosen)
        how = Settings(
            device=device or self.settings.device,
            python=self.settings.python,
            timeout=timeout or longest,
            memory=self.settings.memory,
            env=self.settings.env,
        )
        return result_document(process.run(entry, chosen, how, stop=stop))

    @contextmanager
    def _open(self) -> Iterator[Library]:
        """The library, for one request at a time, because opening its index changes it."""
        with self._lock:
            now = Library.load()
            if self._library is None or _stamp(now) != _stamp(self._library):
                self._library = now
            yield self._library


def _stamp(library: Library) -> list[tuple[str, int]]:
    """What differs as soon as an entry does."""
    return [(str(folder.root), folder.revision) for folder in library.shelf.folders]
