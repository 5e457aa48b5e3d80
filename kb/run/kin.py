"""The descendants of a process: waited for, found, and ended. Part of the programs `guard.py` and
`server.py`, so it imports the standard library alone and runs from Python 3.8 on.

Processes are found by their parent: on Linux this process adopts every descendant whose own parent has ended
(`PR_SET_CHILD_SUBREAPER`), so that a double fork hides none of them, nor a session or a process group of its
own, nor an environment that was emptied, in which a mark would be lost. An id that belongs to a child of this
process belongs to nobody else until it has been reaped here, so no stranger is ever signaled. Elsewhere only
the process group of the task is ended.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from typing import Any

PATIENCE = 5.0
"""Seconds to wait for processes that were killed; one that the system itself holds up is given up then."""

_SET_PARENT_DEATH_SIGNAL, _SET_CHILD_SUBREAPER = 1, 36
"""Numbers from linux/prctl.h."""


def adopt_orphans() -> None:
    """Become the parent of every descendant whose parent ends, where the system knows of such a thing."""
    _prctl(_SET_CHILD_SUBREAPER, 1)


def die_with(parent: int) -> None:
    """Have the system kill this process when its parent, whose id is given, ends."""
    _prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if sys.platform.startswith("linux") and os.getppid() != parent:  # it has ended already
        os.kill(os.getpid(), signal.SIGKILL)


def _prctl(what: int, value: int) -> None:
    if sys.platform.startswith("linux"):
        with contextlib.suppress(ImportError, OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).prctl(what, value, 0, 0, 0)


def children() -> list[int]:
    """The processes whose parent is this one, those included that have ended and were not reaped."""
    me = str(os.getpid()).encode()
    found = []
    for name in os.listdir("/proc") if sys.platform.startswith("linux") else ():
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                if file.read().rpartition(b")")[2].split()[1] == me:
                    found.append(int(name))
    return found


class Watch:
    """Waits for children, and meanwhile listens for signals and for the death of the owner."""

    def __init__(self, lifeline: int, stopping: tuple[int, ...]) -> None:
        """From now on no signal that may come from a terminal ends this process, nor do those in `stopping`,
        which are noted as the wish to stop."""
        self.asked = 0
        """The first of them that came."""
        self.idle = False
        """Whether nothing runs that would have to be ended first."""
        self.spared: tuple[int, ...] = ()
        """Children that are nobody's business here."""
        self._lifeline, self._stopping = lifeline, stopping
        self._reaped: dict[int, tuple[int, Any]] = {}
        self._woken, self._waker = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._waker, False)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        self._before: dict[int, Any] = {}
        for number in {signal.SIGCHLD, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, *stopping}:
            before = signal.getsignal(number)
            if before is not signal.SIG_IGN or number == signal.SIGCHLD:  # ignored as with nohup
                self._before[number] = before
                signal.signal(number, self._heard)

    def _heard(self, number: int, _: object) -> None:
        if number in self._stopping:
            self.asked = self.asked or number
            if self.idle:
                os._exit(0)

    def forget(self) -> None:
        """Undo all of it, in a fork."""
        signal.set_wakeup_fd(-1)
        for number, before in self._before.items():
            signal.signal(number, before)
        os.close(self._woken)
        os.close(self._waker)

    def wait(self, pid: int, seconds: float, heed: bool = True) -> str:
        """Wait until a child has "ended". With `heed` the wait also ends when somebody "asked" for it, or
        the owner has died and this process is "alone"; and in any case after some seconds, "late"."""
        until = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self._woken, select.POLLIN)
        if heed:
            poll.register(self._lifeline, 0)  # that nobody holds the other end is told in any case
        while not self._has_ended(pid):
            if heed and self.asked:
                return "asked"
            left = until - time.monotonic()
            if left <= 0:
                return "late"
            for descriptor, _ in poll.poll(min(left, 3600.0) * 1000):
                if descriptor == self._lifeline:
                    return "alone"
                with contextlib.suppress(BlockingIOError):
                    os.read(self._woken, 4096)
        return "ended"

    def _has_ended(self, pid: int) -> bool:
        """Look, but do not reap, so that its id still means the process group that it leads."""
        if hasattr(os, "waitid"):
            return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
        return self._reap(pid, os.WNOHANG)  # macOS before Python 3.13 has no other way to look

    def _reap(self, pid: int, flags: int) -> bool:
        if pid not in self._reaped:
            with contextlib.suppress(ChildProcessError):
                found, status, usage = os.wait4(pid, flags)
                if found:
                    self._reaped[pid] = status, usage
        return pid in self._reaped

    def signal(self, pid: int, number: int, group: bool = False) -> None:
        """Signal a child, or the process group that it leads, unless it has been reaped."""
        if pid not in self._reaped:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                (os.killpg if group else os.kill)(pid, number)

    def end(self, number: int, seconds: float = PATIENCE) -> None:
        """Signal all children, then those who become children by that, and so on until none is left or the
        time is up."""
        until = time.monotonic() + seconds
        told: set[int] = set()
        pause = 0.001
        while time.monotonic() < until:
            found = [pid for pid in children() if pid not in self.spared]
            if not found:  # not even one that has ended, whose own children may have been adopted meanwhile
                return
            left = [pid for pid in found if not self._reap(pid, os.WNOHANG)]
            for pid in left:
                if pid not in told or number == signal.SIGKILL:
                    self.signal(pid, number)
            told.update(left)
            time.sleep(pause)
            pause = min(pause * 2, 0.05)

    def result(self, pid: int) -> tuple[int, Any]:
        """Reap a child: its exit code, or minus the number of the signal that ended it, and what it used."""
        self._reap(pid, 0)
        status, usage = self._reaped.pop(pid)
        return code(status), usage


def code(status: int) -> int:
    """The exit code of a process, or minus the number of the signal that ended it."""
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
