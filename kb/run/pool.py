"""Many snippets, fast: a few warm processes that have imported torch fork a child per snippet.

Importing torch takes a second, forking a process that has it takes milliseconds. Where fork is not
to be had (outside Linux), CUDA is asked for (it does not survive a fork), or a snippet needs
several ranks, each snippet gets a fresh process as in `run`. Every such fall-back is counted.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from types import TracebackType
from typing import Any

from kb.content.entry import Entry, Snippet
from kb.run import process as run
from kb.run.judge import judge
from kb.run.process import Settings
from kb.run.result import Outcome, Result
from kb.run.workspace import workspace

SHUTDOWN_RACE = "terminate called without an active exception"
"""What a gloo rank of torch 2.13 says when it aborts at exit, its work done: a race between two ranks
that close their connection at the same moment. On two busy cores about one run in ten."""

SHUTDOWN_RETRIES = 4

Job = tuple[Entry, Snippet]

WARM = ("torch", "numpy", "torch._dynamo", "torch.testing", "torch.utils.data")
"""What a warm process imports before it forks."""


class Pool:
    """Runs snippets in parallel, as many at once as asked for. Use it in a `with`."""

    def __init__(self, settings: Settings, workers: int = 0) -> None:
        self.settings = settings
        self.workers = workers or os.cpu_count() or 1
        self.fallbacks: Counter[str] = Counter()
        self._idle: queue.LifoQueue[_Warm] = queue.LifoQueue()
        self._warm: list[_Warm] = []
        self._closed = False

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the warm processes and whatever still runs."""
        self._closed = True
        run.end_all()
        for warm in self._warm:
            warm.close()

    def run_all(self, jobs: Iterable[Job]) -> Iterator[Result]:
        """Results as they come, in no particular order. What takes long is started first."""
        ordered = sorted(jobs, key=lambda job: -job[1].requires.ranks)
        with ThreadPoolExecutor(self.workers) as threads:
            futures = [threads.submit(self.run, *job) for job in ordered]
            try:
                for future in as_completed(futures):
                    yield future.result()
            except BaseException:  # interrupted or abandoned: do not wait for what still runs
                threads.shutdown(cancel_futures=True, wait=False)
                self.close()
                raise

    def run(self, entry: Entry, snippet: Snippet) -> Result:
        """One snippet, in a fork of a warm process if possible. Safe to call from many threads."""
        reason = run.skip_reason(snippet, self.settings)
        if reason:
            return Result(entry=entry.id, snippet=snippet.name, outcome=Outcome.skipped, reason=reason)
        why_not = self._why_not_fork(snippet)
        if why_not:
            self.fallbacks[why_not] += 1
            return self._process(entry, snippet)
        try:
            return self._fork(entry, snippet)
        except (OSError, ValueError):  # the warm process is gone; nothing of the snippet is known
            if self._closed:
                return Result(entry=entry.id, snippet=snippet.name, outcome=Outcome.skipped, reason="stopped")
            self.fallbacks["a warm process died"] += 1
            return run.run(entry, snippet, self.settings)

    def _process(self, entry: Entry, snippet: Snippet) -> Result:
        """A process of its own; again, and counted, if torch tripped over its own shutdown."""
        result = run.run(entry, snippet, self.settings)
        for _ in range(SHUTDOWN_RETRIES):
            if result.outcome is not Outcome.failed or SHUTDOWN_RACE not in result.stderr:
                break
            self.fallbacks["a rank aborted while shutting down and was run again"] += 1
            result = run.run(entry, snippet, self.settings)
        return result

    def _why_not_fork(self, snippet: Snippet) -> str:
        if snippet.requires.ranks > 1:
            return "several ranks need torchrun"
        if not sys.platform.startswith("linux"):
            return f"no safe fork on {sys.platform}"
        if self.settings.device == "cuda" or snippet.requires.device == "cuda":
            return "CUDA does not survive a fork"
        return ""

    def _fork(self, entry: Entry, snippet: Snippet) -> Result:
        with self._borrow() as warm, workspace(entry, snippet) as place:
            answer = warm.ask(
                {
                    "path": str(place.program),
                    "folder": str(place.folder),
                    "stdout": str(place.side / "stdout"),
                    "stderr": str(place.side / "stderr"),
                    "report": str(place.side / "report"),
                    "env": run.environment(snippet, self.settings),
                    "timeout": self.settings.timeout,
                    "strict": self.settings.strict,
                }
            )
            raw = place.read(**answer)
        return judge(entry, snippet, raw, self.settings)

    @contextlib.contextmanager
    def _borrow(self) -> Iterator[_Warm]:
        """A warm process that nobody else uses meanwhile; one that died is not given back."""
        try:
            warm = self._idle.get_nowait()
        except queue.Empty:
            warm = _Warm(self.settings)
            self._warm.append(warm)
            if self._closed:  # while this one was starting
                warm.close()
        yield warm
        self._idle.put(warm)


class _Warm:
    """A child process that has imported torch and forks on request."""

    def __init__(self, settings: Settings) -> None:
        hidden = {"CUDA_VISIBLE_DEVICES": ""} if settings.device == "cpu" else {}
        self._process = subprocess.Popen(
            [settings.python, run.CHILD, "serve", *WARM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **hidden, "PYTHONIOENCODING": "utf-8"},
            text=True,
            start_new_session=True,
        )
        self._ready = False

    def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        """Have one job run. Raises OSError or ValueError if the process is gone."""
        if not self._ready:
            self._ready = bool(self._read())
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return self._read()

    def close(self) -> None:
        """End the process and what it forked."""
        self._process.terminate()
        try:
            self._process.wait(run.GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer
