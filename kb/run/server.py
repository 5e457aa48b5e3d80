"""The program of a warm process: it forks a child for every snippet. Like `child.py`, beside which it
stands, it may run under an interpreter that knows nothing of ptnote, from Python 3.8 on.

    python server.py    fork a child for every job that arrives on stdin, one a line, and answer on stdout

A job is that of `child.py`, and also gives the `modules` to import before the fork, which costs time only
once; the `folder` to run in; additions to the environment in `env`; files for `stdout` and `stderr`; the
`timeout` in seconds; and the number of `ranks`, the processes that execute the file together.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    sys.path.pop(0)  # the modules beside this file must not be taken for those of the same name elsewhere

import atexit
import contextlib
import gc
import importlib
import importlib.util
import json
import signal
import socket
import time
import weakref
from typing import Any, TextIO


def _load_child() -> Any:
    """`child.py`, as a module that no snippet can import by chance."""
    spec = importlib.util.spec_from_file_location(
        "_ptnote_child", os.path.join(os.path.dirname(__file__), "child.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


child = _load_child()


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

    def serve(self) -> None:
        """Run one job per line until the stream of jobs closes."""
        signal.signal(signal.SIGALRM, self._too_late)
        signal.signal(signal.SIGTERM, self._stop)
        for line in self.jobs:
            job = json.loads(line)
            _prepare(job["modules"])
            print(json.dumps(self._run(job)), file=self.answers, flush=True)

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
            "status": _code(status),
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
            child.limit_files(job["limit"])
            os.chdir(job["folder"])
            os.environ.update(job["env"])
            for descriptor, name in ((1, job["stdout"]), (2, job["stderr"])):
                opened = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                os.dup2(opened, descriptor)
                os.close(opened)
            sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
            sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
            sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1, closefd=False)
            code = child.execute(job) if job["ranks"] == 1 else launch(job)
            _leave()
        finally:
            os._exit(code)


def launch(job: dict[str, Any]) -> int:
    """Execute a file in several ranks, forked from this process so that they need not import torch again,
    with the environment that `torchrun --standalone` would give them. If one fails, the others are ended,
    as torchrun does. Returns the exit code."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    ranks = {}
    for rank in range(job["ranks"]):
        pid = os.fork()
        if pid == 0:
            _be_a_rank(job, rank, port)
        ranks[pid] = rank
    while ranks:
        pid, status = os.wait()
        rank = ranks.pop(pid)
        if status:
            for left in ranks:
                os.kill(left, signal.SIGKILL)
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{job['report']}-{rank}", job["report"])
            print(f"rank {rank} ended with {_code(status)}", file=sys.stderr)
            return 1
    return 0


def _be_a_rank(job: dict[str, Any], rank: int, port: int) -> None:
    """Become one of the ranks of a job. Never returns."""
    code = 70
    try:
        for name in ("RANK", "LOCAL_RANK", "ROLE_RANK"):
            os.environ[name] = str(rank)
        for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE", "ROLE_WORLD_SIZE"):
            os.environ[name] = str(job["ranks"])
        os.environ.update(GROUP_RANK="0", MASTER_ADDR="localhost", MASTER_PORT=str(port))
        if "torch" in sys.modules:
            # the variable was read before the fork, when it was not set
            sys.modules["torch"].set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        code = child.execute({**job, "report": f"{job['report']}-{rank}"})
        _leave()
    finally:
        os._exit(code)


def _leave() -> None:
    """What an interpreter does when its program has ended, as far as that may be seen elsewhere."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()


def _prepare(modules: list[str]) -> None:
    """Import modules, and make the next forks cheap."""
    fresh = [name for name in modules if name not in sys.modules]
    for name in fresh:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    if fresh:
        # torch has functions called at exit that undo its registrations, which takes half of the time of
        # a small snippet, and serves nothing in a process that ends
        for finalizer in list(weakref.finalize._registry):  # type: ignore[attr-defined]
            finalizer.atexit = False
        gc.collect()
        gc.freeze()  # a collection in a child would copy the pages of all these objects


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


def _code(status: int) -> int:
    """The exit code of a process, or minus the number of the signal that ended it."""
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _kill_session(pid: int) -> None:
    """End the session that `pid` leads, with everything it started. It must not have been reaped."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    Server().serve()
