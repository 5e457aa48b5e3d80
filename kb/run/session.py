"""A child process that leads a session of its own, and how it is ended with everything it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any


class Stopped(Exception):
    """A run was ended because its result is no longer needed."""


class Session:
    """A child process and the process group that it leads.

    Its id is signalled only until the child has been reaped, which `end` does last: afterwards the system
    may have given the id to another process. Whoever made a session ends it, and nobody else.
    """

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str], **streams: Any) -> None:
        """Start the child. Raises OSError if the program does not start."""
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **streams,
        )
        self._maxrss = 0

    def wait(self, timeout: float, stop: threading.Event) -> bool:
        """Wait until the child has ended, whatever it started; False if that takes longer than `timeout`
        seconds. Raises Stopped as soon as `stop` is set."""
        deadline = time.monotonic() + timeout
        pause = 0.001
        while not self._has_ended():
            if time.monotonic() > deadline:
                return False
            if stop.wait(pause):
                raise Stopped
            pause = min(pause * 1.5, 0.02)
        return True

    def end(self, grace: float) -> tuple[int, int]:
        """End what is left of the session, then reap the child: (status, largest resident set).

        A child that still runs is asked to stop, and killed `grace` seconds later. The status is minus the
        number of the signal that ended it, if one did; the unit of the resident set is that of `getrusage`.
        """
        if not self._has_ended():
            self._signal(signal.SIGTERM)
            self.wait(grace, threading.Event())
        self._signal(signal.SIGKILL)
        self._reap(0)
        return self._process.returncode, self._maxrss

    def _has_ended(self) -> bool:
        if self._process.returncode is not None:
            return True
        if hasattr(os, "waitid"):
            flags = os.WEXITED | os.WNOWAIT | os.WNOHANG  # look, but do not reap
            return os.waitid(os.P_PID, self._process.pid, flags) is not None
        return self._reap(os.WNOHANG)  # macOS before Python 3.13 has no other way to look

    def _reap(self, flags: int) -> bool:
        if self._process.returncode is None:
            pid, status, usage = os.wait4(self._process.pid, flags)
            if not pid:
                return False
            self._process.returncode = os.waitstatus_to_exitcode(status)
            self._maxrss = usage.ru_maxrss
        return True

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)
