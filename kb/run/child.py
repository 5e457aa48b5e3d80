"""The program that executes snippets. It runs in a process of its own, perhaps under an interpreter that
knows nothing of ptnote, from Python 3.8 on, so it imports the standard library alone.

    python child.py run JOB              execute one file, as `python FILE` would
    python child.py limit BYTES COMMAND  run a command whose files may not grow beyond BYTES

A job is a JSON object: `path`, the file to execute; `report`, where to write what only the process
itself knows (the device it used, which torch, where an exception arose); `strict`, whether warnings
are errors, but for those whose message begins as one of the patterns in `ignored`; `limit`, the
bytes that a file may have, 0 for no limit.
"""

from __future__ import annotations

import os
import sys

if (
    __name__ == "__main__"
    and sys.path
    and os.path.realpath(sys.path[0]) == os.path.dirname(os.path.realpath(__file__))
):
    sys.path.pop(0)  # the modules beside this file must not be taken for those of the same name elsewhere

import json
import traceback
import types
import warnings
from typing import Any

STRICT = (DeprecationWarning, PendingDeprecationWarning, FutureWarning, UserWarning, RuntimeWarning)
"""Warnings that are errors when a snippet is tested."""


def execute(job: dict[str, Any]) -> int:
    """Execute a file as the main program, write the report, and return the exit code."""
    path = job["path"]
    sys.argv = [path]
    sys.path.insert(0, os.path.dirname(path))
    main = types.ModuleType("__main__")
    main.__file__ = path
    sys.modules["__main__"] = main
    if job["strict"]:
        for category in STRICT:
            warnings.simplefilter("error", category)
        for message in job["ignored"]:
            warnings.filterwarnings("ignore", message)
    error: BaseException | None = None
    code = 0
    try:
        with open(path, encoding="utf-8") as file:
            program = compile(file.read(), path, "exec", dont_inherit=True)
        exec(program, main.__dict__)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
    except BaseException as raised:
        error = raised
        code = 130 if isinstance(raised, KeyboardInterrupt) else 1
        inside = raised.__traceback__.tb_next if raised.__traceback__ else None
        traceback.print_exception(type(raised), raised, inside)
    _write_report(job["report"], path, error)
    return code


def _write_report(report: str, path: str, error: BaseException | None) -> None:
    facts = {"error": "", "line": 0, "warned": isinstance(error, Warning), "torch": "", "device": ""}
    if error is not None:
        name = type(error).__qualname__
        module = type(error).__module__
        facts["error"] = f"{name if module in ('builtins', '__main__') else f'{module}.{name}'}: {error}"
        frames = traceback.extract_tb(error.__traceback__)
        facts["line"] = next((f.lineno for f in reversed(frames) if f.filename == path), 0)
        if isinstance(error, SyntaxError) and error.filename == path:
            facts["line"] = error.lineno
    torch = sys.modules.get("torch")
    if torch is not None:
        facts["torch"] = str(getattr(torch, "__version__", ""))
        facts["device"] = _device(torch)
    with open(report, "w", encoding="utf-8") as file:
        json.dump(facts, file)


def _device(torch: types.ModuleType) -> str:
    """The accelerator that the snippet's tensors lived on, if any did; asking must not start one."""
    if torch.cuda.is_initialized() and torch.cuda.max_memory_allocated():
        return f"cuda ({torch.cuda.get_device_name()})"
    mps = getattr(torch, "mps", None)
    if sys.platform == "darwin" and mps is not None and torch.backends.mps.is_available():
        return "mps" if mps.current_allocated_memory() else "cpu"
    return "cpu"


def limit_files(limit: int) -> None:
    """Let no file that this process or its children write grow beyond `limit` bytes; 0 changes nothing."""
    if limit:
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def main() -> int:
    """Do what the command line says, and return the exit code."""
    verb, *arguments = sys.argv[1:]
    if verb == "limit":
        limit_files(int(arguments[0]))
        os.execvp(arguments[1], arguments[1:])  # noqa: S606 - a program of the caller's
    job = json.loads(arguments[0])
    limit_files(job["limit"])
    return execute(job)


if __name__ == "__main__":
    sys.exit(main())
