"""Bytes passed on as they come, with their end kept."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from kb import paths

if TYPE_CHECKING:
    from kb import Recording

KEPT = 4 << 20
"""Bytes kept from the end of a stream."""

GRACE = 10.0
"""Seconds that a command may take to end after a signal, before it is killed."""

DRAIN = 1.0
"""Seconds for which the last words of a command are read after its end, if others still hold its stderr."""

GUARD = str(paths.HERE / "run" / "guard.py")
"""The program that ends a command with whatever it has started, also when this process is killed."""

_CHUNK = 1 << 16
_LOOK = 50
"""Milliseconds between two looks at whether a command has ended."""


class Watched(NamedTuple):
    """What came of a command."""

    code: int
    """Its exit code; 128 + n when signal n ended it."""
    stderr: bytes
    """The end of its stderr."""
    signal: int
    """The signal that this process got meanwhile; 0 if none."""


def follow(source: int, sinks: tuple[int, ...] = (), over: Callable[[bool], bool] = lambda _: False) -> bytes:
    """Read a file descriptor to its end, or until `over`, which is told whether nothing came just now; write
    every byte to the sinks at once, and return the last `KEPT` bytes."""
    kept = bytearray()
    poll = select.poll()
    poll.register(source, select.POLLIN)
    while True:
        silent = not poll.poll(_LOOK)
        if over(silent):
            break
        if silent:
            continue
        chunk = _read(source)
        if not chunk:
            break
        for sink in sinks:
            _write(sink, chunk)
        kept += chunk
        if len(kept) > 2 * KEPT:
            del kept[:-KEPT]
    return bytes(kept[-KEPT:])


@contextlib.contextmanager
def one_interrupt_ignored() -> Iterator[None]:
    """Leave the first Ctrl-C to whoever writes into a pipe: their last words are what is waited for."""
    pressed: list[bool] = []

    def interrupt(*_: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(True)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def run(command: list[str], recording: Recording | None = None) -> Watched:
    """Run a command with its output untouched; a Python in it tells the recording how it fails.

    On a terminal stderr stays one, so that progress bars and colors look as always. A signal is passed on,
    and then nothing that the command has started is left. Raises OSError if the command cannot be started.
    """
    _check(command[0])
    terminal = _in_foreground()
    heard: list[int] = []
    guards: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, _: object = None) -> None:
        heard.append(number)
        if guards and not (number == signal.SIGINT and terminal):  # the terminal sends it to the command, too
            guards[0].send_signal(number)

    with _handled(pass_on):
        reader, writer = _terminal() if sys.stderr.isatty() else os.pipe()
        with (
            os.fdopen(reader, "rb", buffering=0),
            _guarded(command, writer, terminal, recording) as process,
        ):
            guards.append(process)
            for number in heard[:]:
                pass_on(number)
            kept = follow(reader, (2,), _over(process))
            code = process.wait()
    return Watched(128 - code if code < 0 else code, kept, heard[0] if heard else 0)


@contextlib.contextmanager
def _guarded(
    command: list[str], stderr: int, terminal: bool, recording: Recording | None
) -> Iterator[subprocess.Popen[bytes]]:
    """The command under a guard, which ends it if the block is left before it has ended by itself."""
    inner, outer = os.pipe()
    task = {"command": command, "lifeline": inner, "terminal": terminal, "grace": GRACE}
    task |= {"folder": "", "limit": 0, "memory": 0, "records": str(recording.folder) if recording else ""}
    environment = recording.environment if recording else None
    with os.fdopen(outer, "wb"):
        try:
            # -I and -S keep modules of the current folder and of the environment out of the guard alone
            program = [sys.executable, "-I", "-S", GUARD, json.dumps(task)]
            process = subprocess.Popen(program, stderr=stderr, pass_fds=(inner,), env=environment)
        finally:
            os.close(stderr)
            os.close(inner)
        yield process
    process.wait()


def _over(process: subprocess.Popen[bytes]) -> Callable[[bool], bool]:
    """Whether a command has ended, and others who hold its stderr are silent or have written for long."""
    ended: list[float] = []

    def over(silent: bool) -> bool:
        if process.poll() is None:
            return False
        ended.append(time.monotonic())
        return silent or ended[-1] - ended[0] > DRAIN

    return over


def _check(program: str) -> None:
    """Raises OSError if there is no such program."""
    if shutil.which(program) is None:
        found = os.sep in program and os.path.lexists(program)
        number = errno.EACCES if found else errno.ENOENT
        raise OSError(number, os.strerror(number), program)


def _in_foreground() -> bool:
    """Whether Ctrl-C on a terminal reaches this process, and what it starts, from there."""
    try:
        with open("/dev/tty", "rb", buffering=0) as tty:
            return os.tcgetpgrp(tty.fileno()) == os.getpgrp()
    except OSError:
        return False


@contextlib.contextmanager
def _handled(handler: Callable[[int, object], None]) -> Iterator[None]:
    """Have a function called for the signals that end a program, but for those that are ignored."""
    before = {}
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _terminal() -> tuple[int, int]:
    """A pseudo-terminal as wide as ours, which passes bytes on as they are."""
    import fcntl
    import termios

    reader, writer = os.openpty()
    attributes = termios.tcgetattr(writer)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(writer, termios.TCSANOW, attributes)
    with contextlib.suppress(OSError):
        size = fcntl.ioctl(2, termios.TIOCGWINSZ, b"\0" * 8)
        fcntl.ioctl(writer, termios.TIOCSWINSZ, size)
    return reader, writer


def _read(source: int) -> bytes:
    try:
        return os.read(source, _CHUNK)
    except OSError:  # how a pseudo-terminal says that nobody writes any more
        return b""


def _write(sink: int, chunk: bytes) -> None:
    while chunk:
        chunk = chunk[os.write(sink, chunk) :]
