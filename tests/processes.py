"""Looking at processes, for tests that must see them begin and end."""

import os
import signal
import time
from pathlib import Path

PATIENCE = 60.0
"""Seconds after which a test that waits for something gives up. No test passes sooner or later for it."""


def alive(pid: int) -> bool:
    """Whether a process still runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def until(true, what: str):
    """Wait until `true()` holds, and return what it returned."""
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.005)
    return found


def gone(pid: int) -> bool:
    """Whether a process ends. It is killed if it does not, so that a failed test leaves nothing behind."""
    try:
        until(lambda: not alive(pid), f"process {pid} ends")
    except AssertionError:
        os.kill(pid, signal.SIGKILL)
        return False
    return True


def ended(path: Path) -> bool:
    """Whether the process that writes its id into this file runs no longer, or never came that far."""
    return not path.exists() or not alive(int(path.read_text() or 0))


def written(path: Path) -> int:
    """The number that another process writes into a file, as soon as it stands there."""
    return int(until(lambda: path.exists() and path.read_text().strip(), f"{path.name} is written"))
