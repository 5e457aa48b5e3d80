"""Collects entries as pytest items: `entries/tensor-ops/one-hot.yaml::default` is one test.

Snippets run through the warm pool, all that were selected at once, when the first of them is
asked for. A failure shows the entry's file, the line of the snippet, and the diff of the output.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kb.content.entry import Entry, Snippet
from kb.content.folder import NOT_ENTRIES
from kb.content.parse import parse
from kb.run import expected as compare
from kb.run.pool import Pool
from kb.run.process import Settings
from kb.run.result import Outcome, Result


class SnippetFailed(Exception):
    """A snippet did not do what its entry says."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--snippet-device`: where snippets run."""
    group = parser.getgroup("ptnote")
    group.addoption("--snippet-device", choices=["cpu", "cuda", "mps"], default="")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> EntryFile | None:
    """Take the YAML files at `entries/<category>/<id>.yaml`."""
    inside = file_path.parent.parent.name in ("entries", ".ptnote")
    if inside and file_path.suffix == ".yaml" and file_path.name not in NOT_ENTRIES:
        made: EntryFile = EntryFile.from_parent(parent, path=file_path)
        return made
    return None


class EntryFile(pytest.File):
    """One entry."""

    def collect(self) -> Iterator[SnippetItem]:
        """One item per snippet; a file that is no entry is an error with its line."""
        entry, problems = parse(self.path, self.path.read_bytes(), "built-in")
        if entry is None:
            raise self.CollectError("\n".join(map(str, problems)))
        for snippet in entry.snippets:
            yield SnippetItem.from_parent(self, name=snippet.name, entry=entry, snippet=snippet)


class SnippetItem(pytest.Item):
    """One snippet."""

    def __init__(self, *, entry: Entry, snippet: Snippet, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.entry, self.snippet = entry, snippet
        self.add_marker("snippet")

    def runtest(self) -> None:
        """Pass, skip with the reason, or raise SnippetFailed."""
        result = _results(self.session)[self.entry.id, self.snippet.name]
        self.add_report_section("call", "seconds", f"{result.seconds:.2f}")
        if result.outcome is Outcome.skipped:
            pytest.skip(result.reason)
        if result.outcome is not Outcome.passed:
            raise SnippetFailed(self._explain(result))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The explanation alone, without pytest's own traceback."""
        if isinstance(excinfo.value, SnippetFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the snippet stands."""
        return self.path, self.entry.code_line(self.snippet) - 1, f"{self.entry.id}::{self.name}"

    def _explain(self, result: Result) -> str:
        line = self.entry.code_line(self.snippet) + max(result.error_line - 1, 0)
        text = f"{self.path}:{line}: {result.reason}\n"
        if result.reason.startswith("printed"):
            text += compare.diff(self.snippet.output, result.stdout) + "\n"
        return text + result.stderr


_KEY = pytest.StashKey[dict[tuple[str, str], Result]]()


def _results(session: pytest.Session) -> dict[tuple[str, str], Result]:
    """Results of all selected snippets; the first call runs them."""
    if _KEY not in session.stash:
        items = [item for item in session.items if isinstance(item, SnippetItem)]
        settings = Settings(strict=True, device=session.config.getoption("--snippet-device"))
        with Pool(settings) as pool:
            found = pool.run_all((item.entry, item.snippet) for item in items)
            session.stash[_KEY] = {(result.entry, result.snippet): result for result in found}
    return session.stash[_KEY]


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker by which `-m snippet` picks the snippets."""
    config.addinivalue_line("markers", "snippet: a snippet of a ptnote entry")
