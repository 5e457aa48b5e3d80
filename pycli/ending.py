"""How a command ends that a signal ends: with everything that it has started, and nothing left behind."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import NoReturn

DEAF = 30.0
"""Seconds after a signal in which others change nothing, because what was started is being ended."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end a command."""


@contextlib.contextmanager
def unwinding() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block by an exception, as Ctrl-C does, so that every `finally` is
    executed; the exit code then is 128 plus the number of the signal.

    A process that is killed at once has no time for that. The guards of what it has started see to it then.
    """
    heard: list[tuple[int, float]] = []

    def end(number: int, _: object) -> None:
        if not heard or time.monotonic() > heard[-1][1] + DEAF:
            heard.append((number, time.monotonic()))
            _raise(number)

    before = {number: signal.getsignal(number) for number in SIGNALS}
    before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}  # nohup
    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        if not heard:
            for number, handler in before.items():
                signal.signal(number, handler)
        elif heard[0][0] != signal.SIGINT:
            say(heard[0][0])


def by_loop(end: Callable[[int], object]) -> None:
    """Within a block of `unwinding`, have the running event loop call `end(number)` for such a signal.

    An exception that is raised at an arbitrary place of an event loop may end it while a thread still waits
    for what it has started, and a Python process waits for its threads before it ends.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        if callable(signal.getsignal(number)):  # others are ignored, as under nohup
            with contextlib.suppress(NotImplementedError):  # on Windows
                loop.add_signal_handler(number, end, number)


def say(number: int) -> None:
    """Say on stderr which signal has ended the command."""
    with contextlib.suppress(OSError, ValueError):  # the terminal may be gone
        sys.stderr.write(f"ptnote: ended by {signal.Signals(number).name}\n")


def _raise(number: int) -> NoReturn:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)
