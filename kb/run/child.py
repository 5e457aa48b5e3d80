"""The program that executes snippets. It runs in a process of its own, perhaps under an interpreter that
knows nothing of ptnote, from Python 3.8 on, so it imports the standard library alone.

    python child.py run JOB              execute one file, as `python FILE` would
    python child.py limit BYTES COMMAND  run a command whose files may not grow beyond BYTES
    python child.py serve MODULE…        import the modules once, then fork a child for every job
                                         that arrives on stdin, one a line, and answer on stdout

A job is a JSON object: `path`, the file to execute; `report`, where to write what only the process
itself knows (the device it used, which torch, where an exception arose); `strict`, whether warnings
are errors, but for those whose message begins as one of the patterns in `ignored`; `limit`, the
bytes that a file may have, 0 for no limit. The jobs of `serve` also give the `folder` to run in,
additions to the environment in `env`, files for `stdout` and `stderr`, and the `timeout` in seconds.
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

import atexit
import contextlib
import importlib
import json
import signal
import time
import traceback
import types
import warnings
from typing import Any, TextIO

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


class Server:
    """Forks a child for each job.

    A signal may arrive at any moment, so what the handlers need is set before the first fork, and they put
    off what they have to do while the process id changes hands. A process id is signalled only before the
    process has been reaped: afterwards the system may have given the id to another process.
    """

    def __init__(self) -> None:
        self.jobs, self.answers = _take_streams()
        self._pid = 0
        """The running child, the leader of a session; 0 between two jobs."""
        self._changing = False
        """Whether `_pid` is about to change."""
        self._stop_asked = False
        self._timed_out = False

    def serve(self, modules: list[str]) -> None:
        """Import `modules`, say so, then run one job per line until the stream of jobs closes."""
        for name in modules:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        signal.signal(signal.SIGALRM, self._too_late)
        signal.signal(signal.SIGTERM, self._stop)
        self._answer({"ready": True})
        for line in self.jobs:
            self._answer(self._run(json.loads(line)))

    def _answer(self, message: dict[str, Any]) -> None:
        print(json.dumps(message), file=self.answers, flush=True)

    def _run(self, job: dict[str, Any]) -> dict[str, Any]:
        """Run one job in a forked child: its exit status, wall time and peak memory."""
        started = time.monotonic()
        self._timed_out = False
        self._changing = True
        pid = os.fork()
        if pid == 0:
            self._be_the_child(job)
        self._pid = pid
        self._changed()
        signal.setitimer(signal.ITIMER_REAL, job["timeout"])
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # it has ended, but keeps its id
        signal.setitimer(signal.ITIMER_REAL, 0)
        _kill_session(pid)
        self._changing = True
        _, status, usage = os.wait4(pid, 0)
        self._pid = 0
        self._changed()
        return {
            "status": -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status),
            "seconds": time.monotonic() - started,
            "maxrss": usage.ru_maxrss,
            "timed_out": self._timed_out,
        }

    def _changed(self) -> None:
        self._changing = False
        if self._stop_asked:
            self._stop()

    def _too_late(self, *_: object) -> None:
        if self._pid and not self._changing:
            self._timed_out = True
            _kill_session(self._pid)

    def _stop(self, *_: object) -> None:
        self._stop_asked = True
        if not self._changing:
            if self._pid:
                _kill_session(self._pid)
            os._exit(0)

    def _be_the_child(self, job: dict[str, Any]) -> None:
        """Become the snippet: own session, own folder, files for output, nothing to read. Never returns."""
        code = 70
        try:
            os.setsid()
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            for stream in (self.jobs, self.answers):  # else they would stay open if the server died
                os.close(stream.fileno())
            limit_files(job["limit"])
            os.chdir(job["folder"])
            os.environ.update(job["env"])
            for descriptor, name in ((1, job["stdout"]), (2, job["stderr"])):
                opened = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                os.dup2(opened, descriptor)
                os.close(opened)
            sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
            sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
            sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1, closefd=False)
            code = execute(job)
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)


def _take_streams() -> tuple[TextIO, TextIO]:
    """Take stdin and stdout for jobs and answers, and leave others in their place, so that no module can
    read a job or print an answer: stdin is empty then, and stdout goes where stderr goes."""
    jobs = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return jobs, answers


def _kill_session(pid: int) -> None:
    """End the session that `pid` leads, with everything it started. It must not have been reaped."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def main() -> int:
    """Do what the command line says, and return the exit code."""
    verb, *arguments = sys.argv[1:]
    if verb == "serve":
        Server().serve(arguments)
        return 0
    if verb == "limit":
        limit_files(int(arguments[0]))
        os.execvp(arguments[1], arguments[1:])  # noqa: S606 - a program of the caller's
    job = json.loads(arguments[0])
    limit_files(job["limit"])
    return execute(job)


if __name__ == "__main__":
    sys.exit(main())
