"""Bytes passed on as they come, with their end kept."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

KEPT = 4 << 20
"""Bytes kept from the end of a stream."""

_CHUNK = 1 << 16


def follow(source: int, sinks: tuple[int, ...] = ()) -> bytes:
    """Read a file descriptor to its end, write every byte to the sinks at once, return the last
    `KEPT` bytes. Ctrl-C is left to whoever writes: their last words are what is waited for."""
    kept = bytearray()
    with _deaf_to_interrupts():
        while chunk := _read(source):
            for sink in sinks:
                _write(sink, chunk)
            kept += chunk
            if len(kept) > 2 * KEPT:
                del kept[:-KEPT]
    return bytes(kept[-KEPT:])


def run(command: list[str]) -> tuple[int, bytes]:
    """Run a command with its output untouched; its exit code, and the end of its stderr.

    On a terminal stderr stays one, so that progress bars and colours look as always. Raises
    OSError if the command cannot be started.
    """
    reader, writer = _terminal() if sys.stderr.isatty() else os.pipe()
    try:
        process = subprocess.Popen(command, stderr=writer)
    except OSError:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    with _deaf_to_interrupts():
        kept = follow(reader, (2,))
        code = process.wait()
    os.close(reader)
    return (128 - code if code < 0 else code), kept


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


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
