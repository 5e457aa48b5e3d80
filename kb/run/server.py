"""The program of a warm process: it forks a child for every snippet. Like `guard.py`, beside which it stands,
it may run under an interpreter that knows nothing of ptnote, from Python 3.8 on.

    python server.py    fork a child for every job that arrives on stdin, one a line, and answer on stdout

A job is that of `child.py`, and also gives the `modules` to import before the fork, which costs time only
once; the `side` folder of the run, and the `folder` to run in; additions to the environment in `env`; the
`timeout` in seconds; `limit` and `memory`, see `guard.py`; and the number of `ranks`, the processes that
execute the file together. A job that gives nothing but `modules` only has them imported.
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
import tempfile
import time
import weakref
from typing import Any, TextIO


def _load(name: str) -> Any:
    """A module beside this one, under a name by which no snippet imports it by chance."""
    path = os.path.join(os.path.dirname(os.path.realpath(__file__)), f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"_ptnote_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


child, guard, kin = map(_load, ("child", "guard", "kin"))


class Server:
    """Forks a child for each job, and ends everything that the child has started.

    SIGTERM ends the server, at once if no job is under way. So does the death of whoever gave the job, which
    leaves the folder of the run to be removed.
    """

    def __init__(self) -> None:
        self.jobs, self.answers = _take_streams()
        self.watch = kin.Watch(self.jobs.fileno(), (signal.SIGTERM,))
        self.pid = os.getpid()

    def serve(self) -> None:
        """Run one job per line until the stream of jobs closes."""
        kin.adopt_orphans()
        self.watch.idle = True
        for line in self.jobs:
            job = json.loads(line)
            _prepare(job["modules"])
            if "path" not in job:
                print("{}", file=self.answers, flush=True)
                continue
            self.watch.spared = tuple(kin.children())  # what a module has started is there for all jobs
            self.watch.idle = False
            answer = self._run(job)
            self.watch.idle = True
            if answer is None or self.watch.asked:
                break
            print(json.dumps(answer), file=self.answers, flush=True)
        os._exit(0)

    def _run(self, job: dict[str, Any]) -> dict[str, Any] | None:
        """Run one job in a forked child: its exit status, wall time and peak memory; None if nobody waits
        for it any more."""
        started = time.monotonic()
        pid = os.fork()
        if pid == 0:
            self._be_the_child(job)
        why = self.watch.wait(pid, job["timeout"])
        self.watch.signal(pid, signal.SIGKILL, group=True)
        self.watch.end(signal.SIGKILL)
        status, usage = self.watch.result(pid)
        if why == "alone":
            guard.remove(job["side"])
            return None
        return {
            "status": status,
            "seconds": time.monotonic() - started,
            "maxrss": usage.ru_maxrss,
            "timed_out": why == "late",
        }

    def _be_the_child(self, job: dict[str, Any]) -> None:
        """Become the snippet: own session, own folder, files for output, nothing to read. Never returns."""
        code = 70
        try:
            self.watch.forget()
            os.setsid()
            kin.die_with(self.pid)
            for stream in (self.jobs, self.answers):  # else they would stay open if the server died
                os.close(stream.fileno())
            guard.set_limits(job["limit"], job["memory"])
            os.chdir(job["folder"])
            os.environ.update(job["env"])
            tempfile.tempdir = None  # a module may have asked for it before the fork
            for descriptor, name in ((1, "stdout"), (2, "stderr")):
                path = os.path.join(job["side"], name)
                opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                os.dup2(opened, descriptor)
                os.close(opened)
            sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
            # by lines, so that they can be read while it runs, and are there if it is killed
            sys.stdout = os.fdopen(1, "w", encoding="utf-8", buffering=1, closefd=False)
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
        launcher = os.getpid()
        pid = os.fork()
        if pid == 0:
            kin.die_with(launcher)
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
            print(f"rank {rank} ended with {kin.code(status)}", file=sys.stderr)
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


if __name__ == "__main__":
    Server().serve()
