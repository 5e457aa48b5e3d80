"""The library of entries: layered folders, read through a compiled cache.

Four layers, each hiding same-named entries of those before it: built-in < user < extra
(`PTNOTE_PATH`) < project (`.ptnote/`). Entry files are parsed once; after that a start only
compares file stamps and reads what it is asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kb import paths
from kb.content.entry import Entry, Head, Snippet
from kb.content.folder import Folder, read_folder
from kb.content.problem import Problem
from kb.errors import UnknownEntry, UnknownSnippet
from kb.search.results import Hit, Query
from kb.text.names import normalize, suggest

if TYPE_CHECKING:
    from kb.search.index import Index


class Library:
    """All entries that are visible from here, in reading order (by category, then id)."""

    def __init__(self, folders: list[Folder]) -> None:
        self.folders = folders
        self.heads: dict[str, Head] = {}
        for folder in folders:
            self.heads.update(folder.heads)
        self.heads = {head.id: head for head in sorted(self.heads.values(), key=lambda h: (h.category, h.id))}
        self._index: Index | None = None

    @classmethod
    def load(cls, *roots: Path | str) -> Library:
        """Open the given entry folders, or without arguments every layer of this machine.

        Files that cannot be read as entries are left out; `problems` tells which and why.
        Raises BadFile if a folder that was asked for cannot be read.
        """
        if roots:
            return cls([read_folder(Path(root), "extra") for root in roots])
        layers = [("built-in", paths.builtin_entries())]
        if paths.user_entries().is_dir():
            layers.append(("user", paths.user_entries()))
        layers += [("extra", root) for root in paths.extra_entries()]
        project = paths.project_entries()
        if project:
            layers.append(("project", project))
        return cls([read_folder(root, layer) for layer, root in layers])

    @property
    def problems(self) -> list[Problem]:
        """What kept files from being read as entries."""
        return [problem for folder in self.folders for problem in folder.problems]

    @property
    def stamp(self) -> str:
        """Changes when any visible entry does."""
        digest = hashlib.sha256()
        for head in self.heads.values():
            digest.update(f"{head.category}/{head.id}:{head.digest}\n".encode())
        return digest.hexdigest()

    def __len__(self) -> int:
        return len(self.heads)

    def __iter__(self) -> Iterator[Entry]:
        return map(self.entry, self.heads)

    def entry(self, id: str) -> Entry:
        """The whole entry of exactly this id."""
        layers = (folder for folder in reversed(self.folders) if id in folder.heads)
        return next(layers).entry(id)

    def resolve(self, name: str) -> str | None:
        """The id that `name` means: an id, an alias, or a title, forgiving about case, dashes and
        underscores. None if it means no entry, or is the title of more than one."""
        wanted = normalize(name)
        if not wanted or wanted in self.heads:
            return wanted or None
        key = f"\n{wanted}\n"
        called = [head.id for head in self.heads.values() if key in head.alias_keys]
        if called:
            return min(called)
        titled = [head.id for head in self.heads.values() if key in head.title_keys]
        return titled[0] if len(titled) == 1 else None

    def get(self, name: str) -> Entry:
        """The entry that `name` means: see `resolve`; a unique beginning of an id is enough.

        Raises UnknownEntry with suggestions.
        """
        id = self.resolve(name)
        if id is None:
            wanted = normalize(name)
            begins = [known for known in self.heads if wanted and known.startswith(wanted)]
            if len(begins) != 1:
                raise UnknownEntry(name, tuple(begins[:5]) or self._similar(name))
            id = begins[0]
        return self.entry(id)

    def snippet(self, entry: Entry, name: str | None = None) -> Snippet:
        """The named snippet, or the first. Raises UnknownSnippet."""
        if name is None:
            return entry.snippets[0]
        wanted = normalize(name)
        for snippet in entry.snippets:
            if snippet.name == wanted:
                return snippet
        raise UnknownSnippet(entry.id, name, tuple(snippet.name for snippet in entry.snippets))

    def search(self, query: Query | str) -> list[Hit]:
        """Ranked hits for a query; plain text is parsed for `tag:`, `category:` and `api:`."""
        from kb.search import find as search

        return search.search(self, search.parse(query) if isinstance(query, str) else query).hits

    @property
    def index(self) -> Index:
        """The search index over these entries, brought up to date on first use."""
        if self._index is None:
            from kb.search.index import Index

            self._index = Index.open(self)
        return self._index

    def use(self, index: Index) -> None:
        """Search with an index that was opened elsewhere, with a progress report say."""
        self._index = index

    def _similar(self, name: str) -> tuple[str, ...]:
        names = {key: head.id for head in self.heads.values() for key in head.alias_keys.split("\n")[1:-1]}
        names |= {id: id for id in self.heads}
        return tuple(dict.fromkeys(names[near] for near in suggest(name, names)))
