"""The program that executes snippets. It runs in a process of its own, perhaps under an interpreter
that has never heard of ptnote, so it imports the standard library alone.

    python child.py run SNIPPET.py REPORT.json     execute one file, as `python SNIPPET.py` would
    python child.py serve MODULE…                  import the modules once, then fork a child for
                                                   every job that arrives on stdin (JSON lines)

The report tells what only the process itself knows: which device it used, which torch, and where
an exception arose.
"""

import sys

if __name__ == "__main__":
    sys.path.pop(0)  # the folder of this file: its neighbours must not shadow anybody's modules

import atexit
import contextlib
import importlib
import json
import os
import signal
import time
import traceback
import types
import warnings
from typing import Any

OUTPUT_LIMIT = 1 << 30
"""Bytes that one snippet may write to a file, its captured output included."""

STRICT = (DeprecationWarning, PendingDeprecationWarning, FutureWarning, UserWarning, RuntimeWarning)
"""Warnings that are errors when a snippet is tested."""


KNOWN_NOISE = (
    r"`isinstance\(treespec, LeafSpec\)` is deprecated",  # torch 2.13, in torch.onnx.export
    r"__array__ implementation doesn't accept a copy keyword",  # pycocotools 2.0.11 with NumPy 2
)
"""Warnings that libraries provoke in their own code, for which a snippet cannot be blamed."""


def execute(path: str, report: str, strict: bool = False) -> int:
    """Execute a file as the main program, write the report, and return the exit code."""
    sys.argv = [path]
    sys.path.insert(0, os.path.dirname(path))
    main = types.ModuleType("__main__")
    main.__file__ = path
    sys.modules["__main__"] = main
    if strict:
        for category in STRICT:
            warnings.simplefilter("error", category)
        for message in KNOWN_NOISE:
            warnings.filterwarnings("ignore", message)
    error: BaseException | None = None
    code = 0
    try:
        with open(path, encoding="utf-8") as file:
            program = compile(file.read(), path, "exec")
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
    _write_report(report, path, error)
    return code


def _write_report(report: str, path: str, error: BaseException | None) -> None:
    facts = {"error": "", "line": 0, "torch": "", "device": ""}
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
        facts["torch"] = str(torch.__version__)
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


def serve(modules: list[str]) -> None:
    """Import `modules`, say so, then run one job per line of stdin until it closes."""
    for name in modules:
        importlib.import_module(name)
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    print(json.dumps({"ready": True}), file=channel, flush=True)
    for line in sys.stdin:
        print(json.dumps(_fork(json.loads(line))), file=channel, flush=True)


def _fork(job: dict[str, Any]) -> dict[str, Any]:
    """Run one job in a forked child: its exit status, wall time and peak memory."""
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _be_the_child(job)
    timed_out = False

    def too_late(*_: object) -> None:
        nonlocal timed_out
        timed_out = True
        _kill(pid)

    def told_to_stop(*_: object) -> None:
        _kill(pid)
        os._exit(0)

    signal.signal(signal.SIGALRM, too_late)
    signal.signal(signal.SIGTERM, told_to_stop)
    signal.setitimer(signal.ITIMER_REAL, job["timeout"])
    _, status, usage = os.wait4(pid, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    _kill(pid)
    return {
        "status": os.waitstatus_to_exitcode(status),
        "seconds": time.monotonic() - started,
        "maxrss": usage.ru_maxrss,
        "timed_out": timed_out,
    }


def _kill(pid: int) -> None:
    """End the session that `pid` leads, with everything it started."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _be_the_child(job: dict[str, Any]) -> None:
    """Become the snippet: own session, own folder, files for output, nothing to read. Never returns."""
    code = 70
    try:
        import resource

        os.setsid()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_LIMIT, OUTPUT_LIMIT))
        os.chdir(job["folder"])
        os.environ.update(job["env"])
        for descriptor, name in ((0, os.devnull), (1, job["stdout"]), (2, job["stderr"])):
            flags = os.O_RDONLY if descriptor == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            opened = os.open(name, flags, 0o600)
            os.dup2(opened, descriptor)
            os.close(opened)
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1, closefd=False)
        code = execute(job["path"], job["report"], strict=job["strict"])
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2:])
    else:
        sys.exit(execute(sys.argv[2], sys.argv[3], strict=sys.argv[4:] == ["strict"]))
