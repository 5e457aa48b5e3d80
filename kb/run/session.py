"""A child process under a guard, and how it is ended with everything it started."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

GUARD = str(Path(__file__).with_name("guard.py"))

MARK = "PTNOTE_RUN"
"""The environment variable by which the processes of a run are found whose guard they have killed."""

LATE = 15.0
"""Seconds that a guard may take beyond its grace before it is killed. It ends at once unless the machine is
very busy, or it was stopped."""


class Stopped(Exception):
    """A run was ended because its result is no longer needed."""


class Session:
    """A task under a guard, see `guard.py`, which holds the other end of its lifeline: whatever becomes of
    this process, the guard then ends the task. Use it in a `with`.

    The guard is signaled only until it has been reaped: afterwards the system may have given its id to
    another process. Whoever made a session ends it, and nobody else.
    """

    def __init__(
        self, python: str, task: dict[str, Any], folder: Path, environment: dict[str, str], **streams: Any
    ) -> None:
        """Start the guard. Raises OSError if the interpreter does not start."""
        self._grace = float(task["grace"])
        self._maxrss = 0
        self._mark = new_mark()
        self._process = subprocess.Popen(
            [python, GUARD, json.dumps({**task, "lifeline": 0, "terminal": False})],
            cwd=folder,
            env={**environment, MARK: self._mark},
            stdin=subprocess.PIPE,
            start_new_session=True,
            **streams,
        )

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.end()
        except BaseException:  # interrupted
            self.end()
            raise

    def wait(self, timeout: float, stop: threading.Event) -> bool:
        """Wait until the task has ended, with whatever it started; False if that takes longer than `timeout`
        seconds. Raises Stopped as soon as `stop` is set."""
        deadline = time.monotonic() + timeout
        pause = 0.001
        while not self._reap(os.WNOHANG):
            if time.monotonic() > deadline:
                return False
            if stop.wait(pause):
                raise Stopped
            pause = min(pause * 1.5, 0.02)
        return True

    def end(self) -> tuple[int, int]:
        """End what is left of the task, then reap the guard: (status, largest resident set).

        The status is that of the task, minus the number of the signal that ended it, if one did; the unit
        of the resident set is that of `getrusage`.
        """
        if not self._reap(os.WNOHANG):
            os.kill(self._process.pid, signal.SIGTERM)
            if not self.wait(self._grace + LATE, threading.Event()):
                os.kill(self._process.pid, signal.SIGKILL)
                self._reap(0)
        assert self._process.stdin is not None
        self._process.stdin.close()
        if self._process.returncode < 0:  # perhaps it was the guard that was killed
            end_marked(self._mark)
        return self._process.returncode, self._maxrss

    def _reap(self, flags: int) -> bool:
        if self._process.returncode is None:
            pid, status, usage = os.wait4(self._process.pid, flags)
            if not pid:
                return False
            self._process.returncode = os.waitstatus_to_exitcode(status)
            self._maxrss = usage.ru_maxrss
        return True


def new_mark() -> str:
    """A value for `MARK` that no other run has."""
    return secrets.token_hex(8)


def end_marked(mark: str) -> None:
    """Kill the processes that were started with this mark, and those that they start meanwhile. Does nothing
    where the system does not show the environment of a process."""
    wanted = f"{MARK}={mark}".encode()
    until = time.monotonic() + LATE
    while sys.platform == "linux" and (left := [pid for pid in _running() if _has(pid, wanted)]):
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > until:
            break
        time.sleep(0.005)


def _running() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _has(pid: int, variable: bytes) -> bool:
    """Whether a process was started with a variable; one that has ended, a zombie too, has none."""
    try:
        return variable in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
