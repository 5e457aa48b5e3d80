"""Many snippets, fast: a few warm processes that have imported torch fork a child per snippet.

Importing torch takes seconds, forking a process that has it a tenth of a second. Where there is no
safe fork (outside Linux), or CUDA is asked for (it does not survive a fork), each snippet gets a
fresh process as in `process.run`; the result says why.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from types import TracebackType

from msgspec import structs

from kb.content.entry import Entry, Proof, Snippet
from kb.run import process, torch
from kb.run.job import Job
from kb.run.judge import skipped
from kb.run.needs import unmet
from kb.run.result import Cause, Outcome, Result
from kb.run.settings import Settings
from kb.run.warm import Gone, Warm, why_not_fork

SHUTDOWN_RETRIES = 4
"""How often a snippet whose ranks aborted while shutting down is run again."""


class Pool:
    """Runs snippets in parallel, as many at once as asked for. Use it in a `with`.

    It ends only processes that it has started itself. Each snippet gets its share of the cores: more threads
    than cores wait for each other, actively, and small operations take many times as long.
    """

    def __init__(self, settings: Settings, workers: int = 0) -> None:
        cores = os.cpu_count() or 1
        self.workers = workers or cores
        share = max(1, cores // self.workers)
        self.settings = settings if settings.threads else structs.replace(settings, threads=share)
        self._idle: queue.LifoQueue[Warm] = queue.LifoQueue()
        self._warm: list[Warm] = []
        self._stop = threading.Event()
        self._active = 0
        """How many runs have not returned yet."""
        self._changed = threading.Condition()
        """Guards `_warm` and `_active`."""

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the warm processes and whatever still runs, and wait until they have ended."""
        self._stop.set()
        with self._changed:
            warm = list(self._warm)
        for one in warm:
            one.close()
        with self._changed:
            self._changed.wait_for(lambda: not self._active)

    def run_all(self, jobs: Iterable[Job | tuple[Entry, Snippet]]) -> Iterator[Result]:
        """Results as they come, in no particular order. What takes long is started first.

        Closing the iterator early closes the pool.
        """
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

    def run(self, entry: Entry, snippet: Snippet, proofs: tuple[Proof, ...] = ()) -> Result:
        """One snippet, then proofs, in a fork of a warm process if possible. Safe to call from many threads.

        Raises BadSetting if the interpreter does not start.
        """
        with self._changed:
            if self._stop.is_set():
                return skipped(entry, snippet, Cause.stopped, "stopped", proofs)
            self._active += 1
        try:
            return self._run(Job(entry, snippet, proofs))
        finally:
            with self._changed:
                self._active -= 1
                self._changed.notify_all()

    def _run(self, job: Job) -> Result:
        cause, reason = unmet(job.snippet, self.settings)
        if cause is not Cause.none:
            return skipped(job.entry, job.snippet, cause, reason, job.proofs)
        why_not = why_not_fork(job.snippet, self.settings)
        if why_not:
            return self._process(job, why_not)
        try:
            return self._fork(job)
        except Gone:
            return self._process(job, "a warm process died")

    def _process(self, job: Job, why: str) -> Result:
        """Run a snippet in a process of its own; again if torch tripped over its own shutdown."""
        result = self._alone(job)
        for _ in range(SHUTDOWN_RETRIES):
            if result.outcome is not Outcome.failed or torch.SHUTDOWN_RACE not in result.stderr:
                break
            why = "a rank aborted while shutting down and was run again"
            result = self._alone(job)
        return structs.replace(result, fallback=why)

    def _alone(self, job: Job) -> Result:
        return process.run(job.entry, job.snippet, self.settings, stop=self._stop, proofs=job.proofs)

    def _fork(self, job: Job) -> Result:
        """Raises Gone."""
        with self._borrow() as warm:
            return warm.run(job, self.settings)

    @contextlib.contextmanager
    def _borrow(self) -> Iterator[Warm]:
        """A warm process that nobody else uses meanwhile; one that died is not given back. Raises Gone if
        the pool is closed."""
        try:
            warm = self._idle.get_nowait()
        except queue.Empty:
            with self._changed:  # so that `close` sees either every process that was started, or none
                if self._stop.is_set():
                    raise Gone from None
                warm = Warm(self.settings)
                self._warm.append(warm)
        yield warm
        self._idle.put(warm)
