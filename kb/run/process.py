"""One snippet in a child process → `Result`.

The child has a guard, its own session, a throw-away working folder, and nothing to read on stdin. What is
shown is what is run, byte for byte: devices are hidden through the environment, never by editing code.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from kb.content.entry import Entry, Proof, Snippet
from kb.run import confine, torch
from kb.run.judge import judge, skipped
from kb.run.needs import unmet
from kb.run.result import Cause, Result
from kb.run.session import Session, Stopped
from kb.run.settings import Settings
from kb.run.workspace import FILE_LIMIT, Workspace, workspace

ENVIRONMENT = {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", "MPLBACKEND": "Agg"}
"""What the environment of every child has: output at once, in UTF-8, and plots without a window."""

GRACE = 0.5
"""Seconds between asking a snippet to stop and killing it."""

Follow = Callable[[Workspace], AbstractContextManager[Any]]
"""Given the place of a run, what is entered before it starts and left when it has ended, before a throw-away
folder is removed."""


def run(
    entry: Entry,
    snippet: Snippet,
    settings: Settings,
    folder: Path | None = None,
    stop: threading.Event | None = None,
    proofs: tuple[Proof, ...] = (),
    follow: Follow = contextlib.nullcontext,
) -> Result:
    """Run a snippet, then perhaps proofs, and wait for it.

    `folder` is the working folder; without one, a throw-away. Setting `stop`, from another thread, ends the
    run. `follow` looks on while it runs. Ends the child before it lets a KeyboardInterrupt through. Raises
    BadSetting if the interpreter does not start, and BadFile if there is no place for the throw-away.
    """
    stop = stop or threading.Event()
    cause, reason = unmet(snippet, settings)
    if cause is not Cause.none:
        return skipped(entry, snippet, cause, reason, proofs)
    with workspace(entry, snippet, folder, proofs) as place, follow(place):
        started = time.monotonic()
        try:
            if stop.is_set():
                raise Stopped
            status, maxrss, timed_out = _spawn(place, snippet, settings, stop)
        except Stopped:
            return skipped(entry, snippet, Cause.stopped, "stopped", proofs)
        seconds = time.monotonic() - started
        raw = place.read(status, maxrss, timed_out, seconds)
    return judge(entry, snippet, raw, settings, proofs)


def _spawn(
    place: Workspace, snippet: Snippet, settings: Settings, stop: threading.Event
) -> tuple[int, int, bool]:
    """Start the child, wait for it, leave nothing of it behind: (status, max RSS, timed out)."""
    with contextlib.ExitStack() as stack:
        streams: dict[str, Any] = {}
        if settings.capture:
            for name in ("stdout", "stderr"):
                streams[name] = stack.enter_context((place.side / name).open("wb"))
        with Session(
            settings.python,
            task(place, snippet, settings),
            place.folder,
            environment(place, snippet, settings),
            **streams,
        ) as session:
            in_time = session.wait(settings.timeout, stop)
            status, maxrss = session.end()
    return status, maxrss, not in_time


def task(place: Workspace, snippet: Snippet, settings: Settings) -> dict[str, Any]:
    """What the guard is to do, see `guard.py`.

    Files may grow without limit if the output is not captured: it may be redirected to a file, and whoever
    looks at it can end the run.
    """
    limit = FILE_LIMIT if settings.capture else 0
    limits = {"limit": limit, "memory": confine.memory(snippet, settings)}
    common = {"folder": str(place.side), "grace": GRACE, **limits}
    if snippet.requires.ranks > 1:
        launcher = torch.launcher(snippet.requires.ranks)
        return {**common, "command": [settings.python, *launcher, str(place.program)]}
    return {**common, "job": place.job(settings.strict)}


def environment(place: Workspace, snippet: Snippet, settings: Settings) -> dict[str, str]:
    """The environment of a snippet."""
    return {**confine.visible(os.environ, settings), **additions(place, snippet, settings)}


def additions(place: Workspace, snippet: Snippet, settings: Settings) -> dict[str, str]:
    """What a snippet's environment has beyond this process's own."""
    encoding = {} if settings.capture else {"PYTHONIOENCODING": ":replace"}
    ranks = snippet.requires.ranks
    return {
        **ENVIRONMENT,
        **encoding,
        **torch.environment(settings.device, ranks, settings.strict, settings.threads),
        "TMPDIR": str(place.scratch),
    }
