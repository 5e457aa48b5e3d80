"""Snippets one at a time, for somebody who looks on and runs the next one soon."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from msgspec import structs

from kb.content.entry import Entry, Snippet
from kb.run import machine, process, trust
from kb.run.follow import Follower, Written
from kb.run.job import Job
from kb.run.judge import skipped
from kb.run.needs import unmet
from kb.run.result import Cause, Result
from kb.run.settings import Settings
from kb.run.warm import Gone, Warm, why_not_fork
from kb.run.workspace import Workspace

Left = Callable[[Path], object]
"""Called with the folder that a run has worked in, when it has ended."""


class Runner:
    """Runs snippets of entries, and hands on what they write as they write it. Use it in a `with`.

    It keeps a process that has imported torch, from which a snippet is forked in a tenth of a second; where
    that cannot be done, outside Linux and with CUDA, each snippet gets a process of its own. `settings` may
    be replaced between two runs.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.notices: list[str] = []
        """What went another way than planned, one line each."""
        self._warm: Warm | None = None
        self._stop = threading.Event()
        self._closed = False
        self._running = threading.Lock()
        """Held while something runs: one at a time."""
        self._changing = threading.Lock()
        """Held while the warm process is started or given up."""

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def devices(self) -> tuple[str, ...]:
        """The kinds of device that torch finds here, asked of a child process that imports it. Raises
        BadSetting if the interpreter does not start."""
        return tuple(dict.fromkeys(device.kind for device in machine.probe(self.settings.python).devices))

    def warm_up(self, snippet: Snippet) -> None:
        """Have the modules imported that take long and that a snippet uses, so that its first run starts as
        fast as those after it. Returns when that is done."""
        if unmet(snippet, self.settings)[0] is Cause.none and not why_not_fork(snippet, self.settings):
            with self._running, contextlib.suppress(Gone):
                self._process().prepare(snippet.code)

    def run(
        self,
        entry: Entry,
        snippet: Snippet,
        *,
        code: str = "",
        written: Written | None = None,
        left: Left | None = None,
        agreed: bool = False,
    ) -> Result:
        """Run a snippet and wait for it; with `code`, a changed copy, which may raise or print anything.

        `written` is called from another thread with the name of a stream and what was written to it, as it is
        written; `left` with the working folder, a throw-away, when the run has ended. `agreed` is that of
        `Library.run`; whoever agrees to a snippet agrees to the copies that they make of it. Raises
        Untrusted, BadSetting if the interpreter does not start, and BadFile if no place can be made for it.
        """
        self._stop = stop = threading.Event()
        self.notices += trust.require(entry, snippet, agreed=agreed)
        if code:
            name = f"{snippet.name}-changed"
            snippet = structs.replace(snippet, name=name, code=code, output="", raises=None)
        cause, reason = unmet(snippet, self.settings)
        if cause is not Cause.none:
            return skipped(entry, snippet, cause, reason)

        @contextlib.contextmanager
        def follow(place: Workspace) -> Iterator[None]:
            with Follower(place.side, written) if written else contextlib.nullcontext():
                yield
            if left:
                left(place.folder)

        with self._running:
            return self._run(entry, snippet, follow, stop)

    def _run(self, entry: Entry, snippet: Snippet, follow: process.Follow, stop: threading.Event) -> Result:
        settings = self.settings
        why = why_not_fork(snippet, settings)
        if not why and not stop.is_set():
            try:
                return self._process().run(Job(entry, snippet), settings, follow=follow)
            except Gone:
                self._give_up()
                why = "a warm process died"
        if stop.is_set():
            return skipped(entry, snippet, Cause.stopped, "stopped")
        result = process.run(entry, snippet, settings, stop=stop, follow=follow)
        return structs.replace(result, fallback=why)

    def stop(self) -> None:
        """End the run that is under way, from another thread; its result then is that it was stopped."""
        self._stop.set()
        if self._running.locked():
            self._give_up()

    def close(self) -> None:
        """End whatever runs, and the warm process."""
        with self._changing:
            self._closed = True
        self._stop.set()
        self._give_up()
        with self._running:
            pass

    def _process(self) -> Warm:
        """The warm process, started if there is none. It sees every device: those that a run is not to use
        are hidden from that run. Raises Gone if this runner is closed."""
        with self._changing:
            if self._closed:
                raise Gone
            if self._warm is None:
                self._warm = Warm(structs.replace(self.settings, device=""))
            return self._warm

    def _give_up(self) -> None:
        with self._changing:
            warm, self._warm = self._warm, None
        if warm is not None:
            warm.close()
