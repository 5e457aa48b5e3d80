"""The library as its callers see it: entries by name, and one method for each thing one does with them.

library = Library.load()
library.search("混合精度")        # Found
library.why(traceback_text)       # Diagnosis, or None
library.run("one-hot")            # Result
library.test()                    # an iterator of Results
library.check()                   # an iterator of Problems
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kb.content.shelf import Shelf

if TYPE_CHECKING:
    from kb.content.entry import Entry, Head, Snippet, Text
    from kb.content.inventory import Note, Sources
    from kb.content.problem import Problem
    from kb.errors import BadFile
    from kb.messages.seen import Seen
    from kb.run.result import Result
    from kb.search.index import Index
    from kb.search.query import Query
    from kb.search.results import Found
    from kb.why import Diagnosis

Progress = Callable[[int, int], None]
"""Called with (done, in all) as work goes on."""


class Library:
    """All entries that are visible from here, and what one does with them."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf, self._notices = shelf, list[str]()
        self._index: Index | None = None

    @classmethod
    def load(cls, *roots: Path | str) -> Library:
        """Open the given folders of entries, or without arguments every layer; see `Shelf.open`. Files that
        cannot be read are left out, see `problems`. Raises BadFile if a folder cannot be listed."""
        return cls(Shelf.open(*roots))

    @property
    def heads(self) -> dict[str, Head]:
        """What lists show of each entry, by id, in reading order."""
        return self.shelf.heads

    @property
    def problems(self) -> list[Problem]:
        """What kept files from being read as entries."""
        return self.shelf.problems

    @property
    def notices(self) -> list[str]:
        """What went another way than planned, a cache that cannot be written for example; one line each."""
        return [*self.shelf.notices, *(self._index.notices if self._index else ()), *self._notices]

    def __len__(self) -> int:
        return len(self.shelf)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.shelf)

    def resolve(self, name: str) -> str | None:
        """The id that a name, alias, or title means, or None; see `Shelf.resolve`."""
        return self.shelf.resolve(name)

    def get(self, name: str) -> Entry:
        """The entry that a name means; a unique beginning of an id is enough. Raises UnknownEntry."""
        return self.shelf.get(name)

    def pick(self, words: Sequence[str], snippet: str | None = None) -> tuple[Entry, Snippet]:
        """The entry and snippet that words name: `one-hot scatter`. Raises UnknownEntry, UnknownSnippet."""
        return self.shelf.pick(words, snippet)

    def hidden_by(self, id: str) -> Head | None:
        """The entry of the same id that this one hides, or None."""
        return self.shelf.hidden_by(id)

    def select(
        self, tags: Iterable[str] = (), category: str | None = None, words: Iterable[str] = ()
    ) -> list[Head]:
        """The entries that carry all tags and stand in the category; each word is a tag or a category."""
        return self.shelf.select(tags, category, words)

    def categories(self) -> dict[str, Text]:
        """Category → its name in both languages, in reading order. Raises BadFile."""
        from kb.content import tables

        return tables.categories()

    def sources(self) -> tuple[Sources, dict[str, tuple[str, ...]]]:
        """The inventory of the notes, and which entries answer each of its topics. Raises BadFile."""
        from kb import paths
        from kb.content import inventory

        found = inventory.load(paths.builtin_entries())
        return found, inventory.coverage(self.shelf, found)

    def origins(self, entry: Entry) -> list[tuple[Note, tuple[str, ...]]]:
        """The notes that an entry grew from, each with its sections; none if its folder lists no notes."""
        from kb.content import inventory

        return inventory.origins(entry)

    def search(self, query: Query | str, limit: int = 10, progress: Progress | None = None) -> Found:
        """Ranked hits for a question in either language; `tag:`, `category:` and `api:` in it narrow it.

        `progress` is called while an index is built, which the first search of a folder needs. Raises
        BadQuery if there is no word to search for.
        """
        from kb.messages.question import explain_query
        from kb.search.find import find, find_name
        from kb.search.query import parse

        asked = parse(query, limit) if isinstance(query, str) else query
        return find_name(self.shelf, asked) or find(
            self.index(progress), asked, explain_query(self.shelf, asked.words)
        )

    def why(self, text: str, certain: bool = False, frames: Iterable[Seen] = ()) -> Diagnosis | None:
        """Explain the error in a text: a traceback with whatever surrounds it, a log, or a bare message.
        None if there is none. With `certain` the text is taken for a message even if it looks like none.

        A Diagnosis without an entry is a guess. `frames` is what `frames_of` or a `Recording` saw.
        """
        from kb.why import diagnose

        return diagnose(self.shelf, text, certain, [*frames], guess=lambda words: self.search(words).hits)

    def run(
        self,
        name: str,
        snippet: str | None = None,
        *,
        device: str = "",
        python: str = "",
        timeout: float = 0.0,
        folder: Path | None = None,
        capture: bool = True,
        memory: float = 0.0,
        env: Iterable[str] = (),
        agreed: bool = False,
        code: str = "",
    ) -> Result:
        """Run a snippet in a child process, by default the first of the entry; `code` runs in its place.

        `device`, `python`, `timeout` (seconds), `capture`, `memory` (GB) and `env` are those of `Settings`,
        empty and 0 meaning its defaults; `folder` is where it runs, else a throw-away. `agreed` tells that
        code from outside the built-in entries was read and may run, which is remembered, or `notices` says
        why not. Raises UnknownEntry, UnknownSnippet, Untrusted, BadSetting if the interpreter does not start,
        and BadFile if no throw-away folder can be made.
        """
        from kb.content.parameters import rewritten
        from kb.run import process, trust
        from kb.run.settings import Settings

        entry, chosen = self.pick([name], snippet)
        self._notices += trust.require(entry, chosen, agreed=agreed)
        how = Settings.of(device, python, timeout, capture=capture, memory=memory, env=env)
        return process.run(entry, rewritten(chosen, code), how, folder)

    def test(
        self,
        names: Iterable[str] = (),
        *,
        device: str = "",
        python: str = "",
        timeout: float = 0.0,
        workers: int = 0,
        memory: float = 0.0,
        env: Iterable[str] = (),
        agreed: bool = False,
        progress: Progress | None = None,
    ) -> Generator[Result, None, None]:
        """Run the snippets of the named entries, or all, as tests: output must be as written, no warning
        may be given, and the proofs must hold. Results come in no particular order.

        `workers` snippets run at once, 0 meaning one per core; the rest is as for `run`. Closing the iterator
        ends what still runs. Raises as `run` does, before anything has started.
        """
        from kb.run import trust
        from kb.run.job import jobs_of
        from kb.run.pool import Pool
        from kb.run.settings import Settings

        entries = [self.get(name) for name in names] or self
        jobs = [job for entry in entries for job in jobs_of(entry)]
        self._notices += dict.fromkeys(line for job in jobs for line in trust.require(*job, agreed=agreed))
        how = Settings.of(device, python, timeout, strict=True, memory=memory, env=env)
        with Pool(how, workers) as pool:
            for done, result in enumerate(pool.run_all(jobs), 1):
                if progress:
                    progress(done, len(jobs))
                yield result

    def update(
        self, results: Iterable[Result], refused: Callable[[BadFile], None] | None = None
    ) -> tuple[list[Result], list[Path]]:
        """Write into the entries what their snippets printed, where nothing but that was wrong: the results
        as they are then, and the files that were changed. `refused` is told what kept a file from being
        written, whose results stay as they are; without it BadFile is raised."""
        from kb.content import rewrite
        from kb.run.result import accept

        return accept(results, lambda name: Path(self.shelf.entry(name).path), rewrite.write_outputs, refused)

    def check(self, *targets: Path | str, progress: Progress | None = None) -> Iterator[Problem]:
        """Check entries against the rules: those in the given files and folders, or all. Findings come
        sorted by file and line; `progress` counts entries. A folder that is none of this library's is checked
        as a library of its own. Raises BadFile for what does not exist, and for a file in no entries folder.
        """
        from kb.check.targets import check_targets

        yield from check_targets(self.shelf, [Path(target) for target in targets], progress)

    def upgrade(self, *targets: Path | str) -> Iterator[Path]:
        """Bring entries in format 1 to format 2: those in the given files and folders, or all. The files that
        were written, as they are. Raises BadFile."""
        from kb.check.targets import upgrade_targets

        yield from upgrade_targets(self.shelf, [Path(target) for target in targets])

    def new(self, id: str, category: str, *, project: bool = False, near: str = "") -> list[Path]:
        """Begin an entry from the template; the files that were written or changed, the entry first.

        It belongs to the checkout of ptnote that the current folder lies in, else to the user's own
        entries, or with `project` to the `.ptnote/` of the current project. In a checkout the overview of
        the category then names it. `near` is an entry to read next, which gets a link back. This library
        does not see the new entry; load another. Raises BadName, UnknownEntry, and BadFile if a file
        exists, which is never overwritten, or cannot be written.
        """
        from kb.content import scaffold

        used = dict.fromkeys(head.category for head in self.heads.values())
        known = [*self.categories(), *used]
        return scaffold.new_entry(self.shelf, scaffold.writable_root(project), id, category, known, near)

    def index(self, progress: Progress | None = None) -> Index:
        """The search index over these entries, opened, and built if need be, on first use."""
        if self._index is None:
            from kb.search.index import Index

            self._index = Index.open(self.shelf, progress)
        return self._index
