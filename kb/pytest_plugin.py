"""Snippets of entries as pytest items: `entries/tensor-ops/one-hot.yaml::default` is one test, which runs
the proofs about that snippet too. `one-hot.yaml::proofs` runs those about the answer, several snippets, or
none.

A project that wants this says where its entries stand:

    [tool.pytest.ini_options]
    ptnote_entries = ["entries"]

Without that the plugin collects nothing and imports nothing of ptnote, because every project whose
environment has ptnote installed loads it. A failure shows the entry's file, the line of the snippet,
and the diff of the output, or the line of the proofs file and the statement that does not hold.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from concurrent.futures import Future

    from kb.run.job import Job
    from kb.run.result import Result

INI = "ptnote_entries"
PLUGIN = "ptnote-snippets"

OTHERS = "proofs"
"""The name of the item for the proofs that are about no single snippet."""

AHEAD = 8
"""Snippets per process that are started before pytest asks for them, so that no process is idle while
pytest waits for a slow one."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The ini key, and `--snippet-device`: where snippets run."""
    parser.addini(INI, "Folders of ptnote entries whose snippets are tests.", type="paths", default=[])
    group = parser.getgroup("ptnote")
    group.addoption("--snippet-device", choices=["cpu", "cuda", "mps"], default="")


def pytest_configure(config: pytest.Config) -> None:
    """Collect entries only in a project that asks for it."""
    folders = [Path(folder).resolve() for folder in config.getini(INI)]
    for folder in folders:
        if not folder.is_dir():
            raise pytest.UsageError(f"{INI}: {folder} is no folder; correct it in {config.inipath}")
    if folders:
        config.addinivalue_line("markers", "snippet: a snippet of a ptnote entry")
        config.pluginmanager.register(Snippets(folders), PLUGIN)


class SnippetFailed(Exception):
    """A snippet did not do what its entry says, or a proof does not hold."""


class EntryFile(pytest.File):
    """One entry."""

    def collect(self) -> Iterator[SnippetItem]:
        """One item per snippet, and one for the other proofs; a file that is no entry is an error with its
        line."""
        from kb.content.parse import read_entry
        from kb.run.job import jobs_of

        entry, problems = read_entry(self.path, "built-in")
        if entry is None:
            raise self.CollectError("\n".join(map(str, problems)))
        for job in jobs_of(entry):
            yield SnippetItem.from_parent(self, name=job.snippet.name or OTHERS, job=job)


class SnippetItem(pytest.Item):
    """One snippet with the proofs about it."""

    def __init__(self, *, job: Job, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job = job
        self.add_marker("snippet")

    def runtest(self) -> None:
        """Pass, skip with the reason, or raise SnippetFailed."""
        from kb.run.result import Outcome

        plugin = self.config.pluginmanager.get_plugin(PLUGIN)
        assert isinstance(plugin, Snippets)
        result = plugin.run(self)
        self.add_report_section("call", "seconds", f"{result.seconds:.2f}")
        if result.outcome is Outcome.skipped:
            pytest.skip(result.reason)
        parts = []
        if result.outcome is not Outcome.passed:
            parts = [f"{self.path}:{result.line}: {result.reason}", result.diff, result.stderr]
        for proof in result.proofs:
            if proof.outcome is Outcome.failed:
                place = f"{self.job.entry.proofs_path}:{proof.line}"
                parts += [f"{place}: {proof.reason}", proof.says, proof.trace]
        if parts:
            raise SnippetFailed("\n".join(part for part in parts if part))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The explanation alone, without pytest's own traceback."""
        if isinstance(excinfo.value, SnippetFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the snippet stands."""
        entry, snippet, _ = self.job
        line = entry.code_line(snippet) - 1 if snippet.name else 0
        return self.path, line, f"{entry.id}::{self.name}"


class Snippets:
    """Collects the entries of some folders, and runs the snippets that pytest asks for in a warm pool."""

    def __init__(self, folders: list[Path]) -> None:
        self._folders = folders
        self._runner: Runner | None = None

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> EntryFile | None:
        """Take the files `<folder>/<category>/<id>.yaml`."""
        if file_path.suffix != ".yaml" or file_path.resolve().parent.parent not in self._folders:
            return None
        from kb.content.files import is_entry

        made: EntryFile | None = None
        if is_entry(file_path.name):
            made = EntryFile.from_parent(parent, path=file_path)
        return made

    def run(self, item: SnippetItem) -> Result:
        """The result of one snippet."""
        if self._runner is None:
            self._runner = Runner(item.session)
        return self._runner.run(item)

    def pytest_sessionfinish(self) -> None:
        """End the processes of the pool and whatever still runs in them."""
        if self._runner is not None:
            self._runner.close()


class Runner:
    """Runs the snippets of a session in its order, some of them before pytest asks for them.

    Nothing is started ahead where a failure is to stop the session (`-x`, `--maxfail`, `--stepwise`),
    nor in a worker of pytest-xdist, which does not know which of the session's items are its own.
    """

    def __init__(self, session: pytest.Session) -> None:
        from concurrent.futures import ThreadPoolExecutor

        from kb.run.pool import Pool
        from kb.run.settings import Settings

        option = session.config.option
        stops = option.maxfail or getattr(option, "stepwise", False)
        alone = bool(stops) or hasattr(session.config, "workerinput")
        others = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        threads = max(1, (os.cpu_count() or 1) // others) if alone else 0
        settings = Settings(strict=True, device=option.snippet_device, threads=threads)
        self._pool = Pool(settings, 1 if alone else 0)
        self._threads = ThreadPoolExecutor(self._pool.workers)
        self._ahead = 0 if alone else AHEAD * self._pool.workers
        self._items = [item for item in session.items if isinstance(item, SnippetItem)]
        self._places = {item: place for place, item in enumerate(self._items)}
        self._started: dict[SnippetItem, Future[Result]] = {}

    def run(self, item: SnippetItem) -> Result:
        """The result of one snippet; those after it are started as far as they may be."""
        place = self._places[item]
        for other in self._items[place : place + self._ahead + 1]:
            if other not in self._started:
                self._started[other] = self._threads.submit(self._pool.run, *other.job)
        return self._started.pop(item).result()

    def close(self) -> None:
        """End what still runs."""
        self._threads.shutdown(cancel_futures=True, wait=False)
        self._pool.close()
