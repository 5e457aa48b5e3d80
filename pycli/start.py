"""The entry point of the `ptnote` command: what has to happen before anything else is imported."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

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


class _Deferred(ModuleType):
    """Stands for a module whose functions are imported when they are called."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*arguments: Any, **options: Any) -> Any:
            return getattr(import_module(self.__name__), name)(*arguments, **options)

        return call


class _Lazy(ModuleType):
    """Stands for a module of which nobody takes a name while it is not needed."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)


def _import_without_ballast() -> None:
    """Import msgspec and pathlib without what they ask for and no command needs at its start:
    typing_extensions, of which `typing` has as much, and which takes 5 ms wherever torch has brought it
    along; platform, for the name of the system; urllib.parse with ipaddress, for addresses of files;
    textwrap, for the comments in a JSON Schema; msgspec.inspect, for what is wrong in an entry."""
    stand_ins: dict[str, ModuleType | None] = {"typing_extensions": None}
    stand_ins["msgspec.inspect"] = _Lazy("msgspec.inspect")
    for name in ("urllib.parse", "msgspec._json_schema"):
        stand_ins[name] = _Deferred(name)
    if hasattr(os, "uname"):
        stand_ins["platform"] = _Deferred("platform")
        vars(stand_ins["platform"])["system"] = lambda: os.uname().sysname
    placed = {name: module for name, module in stand_ins.items() if name not in sys.modules}
    sys.modules.update(placed)  # type: ignore[arg-type]
    try:
        import pathlib  # noqa: F401

        import msgspec  # noqa: F401
    finally:
        for name in placed:
            del sys.modules[name]


def main() -> None:
    """Run the command and exit."""
    # Ctrl-C while modules are imported would show where Python was just then
    signal.signal(signal.SIGINT, _interrupted)
    _open_streams()
    _import_without_ballast()
    from pycli.main import main as run

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()
