"""The entry point of the `ptnote` command: what has to happen before anything else is imported."""

from __future__ import annotations

import os
import signal
import sys

INTERRUPTED = 130


def _interrupted(*_: object) -> None:
    os.write(2, b"ptnote: interrupted\n")
    os._exit(INTERRUPTED)


def _open_streams() -> None:
    """Open /dev/null in place of streams that the caller has closed, or a file that is opened later would
    take their numbers, and Python has no `sys.stdin`, `sys.stdout` or `sys.stderr` then."""
    for name, descriptor in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
            setattr(sys, name, open(descriptor, "w" if descriptor else "r", encoding="utf-8"))  # noqa: SIM115


def _import_msgspec() -> None:
    """Import msgspec without typing_extensions, which it asks first for what `typing` has as well, and which
    takes 5 ms to import wherever torch has brought it along."""
    if "typing_extensions" not in sys.modules:
        sys.modules["typing_extensions"] = None  # type: ignore[assignment]
        import msgspec  # noqa: F401

        del sys.modules["typing_extensions"]


def main() -> None:
    """Run the command and exit."""
    # Ctrl-C while modules are imported would show where Python was just then
    signal.signal(signal.SIGINT, _interrupted)
    _open_streams()
    _import_msgspec()
    from pycli.main import main as run

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()
