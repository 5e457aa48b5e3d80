"""Executes a snippet, as `python FILE` would, and then perhaps proofs about it. It does so in a fork of
`guard.py` or `server.py`, perhaps under an interpreter that knows nothing of ptnote, from Python 3.8 on, so
it imports the standard library alone.

A job is a JSON object: `path`, the file to execute; `report`, where to write what only the process
itself knows (the device it used, which torch, where an exception arose); `strict`, whether warnings
are errors, but for those whose message begins as one of the patterns in `ignored`; and `proofs`, empty or
what `prove.py` needs.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import sys
import traceback
import types
import warnings
from collections.abc import Iterator
from typing import Any

STRICT = (DeprecationWarning, PendingDeprecationWarning, FutureWarning, UserWarning, RuntimeWarning)
"""Warnings that are errors when a snippet is tested."""


def execute(job: dict[str, Any]) -> int:
    """Execute a file as the main program, write the report, and return the exit code."""
    path = job["path"]
    sys.argv = [path]
    sys.path.insert(0, os.path.dirname(path))
    if job["strict"]:
        for category in STRICT:
            warnings.simplefilter("error", category)
        for message in job["ignored"]:
            warnings.filterwarnings("ignore", message)
    error: BaseException | None = None
    code = 0
    names: dict[str, Any] = {}
    try:
        run_file(path, names)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        if isinstance(stop.code, str):
            with contextlib.suppress(Exception):  # the stream may be closed, or the disk full
                print(stop.code, file=sys.stderr)
    except BaseException as raised:
        error = raised
        code = 130 if isinstance(raised, KeyboardInterrupt) else 1
        inside = raised.__traceback__
        while inside is not None and inside.tb_frame.f_code.co_filename == __file__:
            inside = inside.tb_next
        with contextlib.suppress(Exception):
            traceback.print_exception(type(raised), raised, inside)
    facts = _facts(path, error)
    with contextlib.suppress(OSError):
        _write_report(job["report"], facts)
        if job["proofs"] and (code == 0 or job["proofs"]["raises"]):
            for done in prove(job["proofs"], names):
                _write_report(job["report"], {**facts, "code": code, **done})
    return code


def run_file(path: str, names: dict[str, Any]) -> None:
    """Execute a file as the main program; `names` then holds the names it has left behind, even if it raised
    an exception, which is passed on."""
    main = types.ModuleType("__main__")
    main.__file__ = path
    sys.modules["__main__"] = main
    with open(path, encoding="utf-8") as file:
        program = compile(file.read(), path, "exec", dont_inherit=True)
    try:
        exec(program, main.__dict__)
    finally:
        names.update(main.__dict__)


def prove(job: dict[str, Any], names: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Run proofs after a snippet that has left `names` behind: what the report is to say of them, before
    the first and after each."""
    prover = _load("prove").Prover(job, run_file, names)
    done: list[dict[str, Any]] = []
    for name in job["tests"]:
        yield {"proving": name, "proofs": done}
        done.append(prover.run(name))
    yield {"proving": "", "proofs": done}


def _load(name: str) -> Any:
    """A module beside this one, under a name by which no snippet imports it by chance."""
    path = os.path.join(os.path.dirname(os.path.realpath(__file__)), f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"_ptnote_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _facts(path: str, error: BaseException | None) -> dict[str, Any]:
    """What the report says of the snippet itself."""
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
    return facts


def _write_report(report: str, facts: dict[str, Any]) -> None:
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
