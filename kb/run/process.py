"""One snippet in a child process → `Result`.

The child has its own session and a throw-away working folder, and nothing to read on stdin. What is shown
is what is run, byte for byte: devices are hidden through the environment, never by editing code.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from pathlib import Path
from typing import Any

from kb.content.entry import Entry, Snippet
from kb.run import torch
from kb.run.judge import judge, skipped
from kb.run.needs import unmet
from kb.run.result import Cause, Result
from kb.run.session import Session, Stopped
from kb.run.settings import Settings
from kb.run.workspace import FILE_LIMIT, Workspace, workspace

CHILD = str(Path(__file__).with_name("child.py"))

ENVIRONMENT = {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", "MPLBACKEND": "Agg"}
"""What the environment of every child has: output at once, in UTF-8, and plots without a window."""

GRACE = 0.5
"""Seconds between asking a process group to stop and killing it."""

RANKS_GRACE = 10.0
"""The same for torchrun, whose ranks are sessions of their own: only torchrun itself can end them."""


def run(
    entry: Entry,
    snippet: Snippet,
    settings: Settings,
    folder: Path | None = None,
    stop: threading.Event | None = None,
) -> Result:
    """Run a snippet and wait for it. `folder` is its working folder; without one, a throw-away.

    Setting `stop`, from another thread, ends the run. Ends the child before it lets a KeyboardInterrupt
    through. Raises BadSetting if the interpreter does not start.
    """
    stop = stop or threading.Event()
    cause, reason = unmet(snippet, settings)
    if cause is not Cause.none:
        return skipped(entry, snippet, cause, reason)
    with workspace(entry, snippet, folder) as place:
        started = time.monotonic()
        try:
            if stop.is_set():
                raise Stopped
            status, maxrss, timed_out = _spawn(place, snippet, settings, stop)
        except Stopped:
            return skipped(entry, snippet, Cause.stopped, "stopped")
        seconds = time.monotonic() - started
        raw = place.read(status, maxrss, timed_out, seconds)
    return judge(entry, snippet, raw, settings)


def _spawn(
    place: Workspace, snippet: Snippet, settings: Settings, stop: threading.Event
) -> tuple[int, int, bool]:
    """Start the child, wait for it, leave nothing of it behind: (status, max RSS, timed out)."""
    with contextlib.ExitStack() as stack:
        streams: dict[str, Any] = {}
        if settings.capture:
            for name in ("stdout", "stderr"):
                streams[name] = stack.enter_context((place.side / name).open("wb"))
        session = Session(
            command(place, snippet, settings), place.folder, environment(snippet, settings), **streams
        )
        in_time = False
        try:
            in_time = session.wait(settings.timeout, stop)
        finally:
            status, maxrss = session.end(GRACE if snippet.requires.ranks == 1 else RANKS_GRACE)
    return status, maxrss, not in_time


def command(place: Workspace, snippet: Snippet, settings: Settings) -> list[str]:
    """The child's command line.

    Files may grow without limit if the output is not captured: it may be redirected to a file, and whoever
    looks at it can end the run.
    """
    limit = FILE_LIMIT if settings.capture else 0
    if snippet.requires.ranks > 1:
        torchrun = [settings.python, *torch.launcher(snippet.requires.ranks), str(place.program)]
        return [settings.python, CHILD, "limit", str(limit), *torchrun]
    return [settings.python, CHILD, "run", json.dumps(place.job(settings.strict, limit))]


def environment(snippet: Snippet, settings: Settings) -> dict[str, str]:
    """What a child's environment has beyond this process's own."""
    encoding = {} if settings.capture else {"PYTHONIOENCODING": ":replace"}
    return (
        ENVIRONMENT | encoding | torch.environment(settings.device, snippet.requires.ranks, settings.strict)
    )
