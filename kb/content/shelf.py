"""All entries that are visible from here, by name.

Five layers, each hiding entries of the same id in those before it: built-in < added (by `ptnote
add-source`) < user < extra (`PTNOTE_PATH`) < project (`.ptnote/`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from kb import paths
from kb.content.entry import Entry, ErrorPattern, Head, Snippet
from kb.content.folder import Folder, read_folder
from kb.content.problem import Problem
from kb.errors import UnknownEntry, UnknownSnippet
from kb.text.names import normalize, suggest

_DOTTED = re.compile(r"\w+(\.\w+)+")


class Shelf:
    """The entries of several folders, in reading order: by category, then id."""

    def __init__(self, folders: list[Folder], left_out: Sequence[str] = ()) -> None:
        self.folders = folders
        """In the order of their layers: an entry hides those of the same id in earlier folders."""
        self.left_out = tuple(left_out)
        """Why folders were not read, one line each."""
        self.holders: dict[str, Folder] = {}
        """The folder that each visible entry stands in."""
        for folder in folders:
            self.holders.update(dict.fromkeys(folder.heads, folder))
        visible = [folder.heads[id] for id, folder in self.holders.items()]
        self.heads: dict[str, Head] = {h.id: h for h in sorted(visible, key=lambda h: (h.category, h.id))}

    @classmethod
    def open(cls, *roots: Path | str) -> Shelf:
        """Open the given folders, or without arguments every layer of this machine.

        Raises BadFile if one of them cannot be listed. Files in them that cannot be read as entries
        are left out, see `problems`.
        """
        if roots:
            return cls([read_folder(Path(root), "extra") for root in roots])
        sources, left_out = _sources()
        layers = [("built-in", paths.builtin_entries()), *(("added", root) for root in sources)]
        if paths.user_entries().is_dir():
            layers.append(("user", paths.user_entries()))
        layers += [("extra", root) for root in paths.extra_entries()]
        project = paths.project_entries()
        if project and paths.is_trusted(project):
            layers.append(("project", project))
        elif project:
            left_out.append(f"left out {project}, which others can write; to use it: PTNOTE_PATH={project}")
        return cls([read_folder(root, layer) for layer, root in layers], left_out)

    @property
    def sources(self) -> list[str]:
        """The names of the folders that the user has added."""
        return [
            folder.root.relative_to(paths.sources_dir()).parts[0]
            for folder in self.folders
            if folder.layer == "added"
        ]

    @property
    def problems(self) -> list[Problem]:
        """What kept files from being read as entries."""
        return [problem for folder in self.folders for problem in folder.problems]

    @property
    def notices(self) -> list[str]:
        """Folders that were left out, and caches that could not be kept, one line each."""
        kept = [notice for folder in self.folders for notice in folder.store.notices]
        own = [folder for folder in self.folders if folder.layer not in ("built-in", "added")]
        old = sum(folder.old for folder in own)
        if old:
            entries = "1 entry is" if old == 1 else f"{old} entries are"
            kept.append(f"{entries} in format 1, which is still read; to move on: ptnote check --upgrade")
        strays = sum(len(folder.strays) for folder in own)
        if strays:
            files = (
                "1 file is not an entry and was"
                if strays == 1
                else f"{strays} files are not entries and were"
            )
            kept.append(f"{files} left out; see: ptnote check")
        return list(dict.fromkeys([*self.left_out, *kept]))

    def hidden_by(self, id: str) -> Head | None:
        """The entry that this one hides, the nearest of several; None if there is none."""
        before = self.folders[: self.folders.index(self.holders[id])]
        return next((folder.heads[id] for folder in reversed(before) if id in folder.heads), None)

    def patterns(self) -> Iterator[tuple[str, ErrorPattern]]:
        """Every error pattern of the visible entries, with the id of its entry, in reading order."""
        found = {id(folder): folder.patterns() for folder in self.folders}
        for name in self.heads:
            for pattern in found[id(self.holders[name])].get(name, ()):
                yield name, pattern

    def __len__(self) -> int:
        return len(self.heads)

    def __iter__(self) -> Iterator[Entry]:
        return map(self.entry, self.heads)

    def entry(self, id: str) -> Entry:
        """The whole entry of exactly this id. Raises KeyError, and BadFile if its file is gone."""
        return self.holders[id].entry(id)

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
        found = titled or self.by_api(name)
        return found[0] if len(found) == 1 else None

    def by_api(self, name: str) -> list[str]:
        """Ids of the entries about a name of the API, in full or without its beginning: `nn.Linear`,
        `F.one_hot`. Of several, the one that is called like it; none for a name without a dot."""
        dotted = name.strip().removesuffix("()").lower()
        if not _DOTTED.fullmatch(dotted):
            return []
        dotted = f".{dotted.replace('f.', 'functional.', 1) if dotted.startswith('f.') else dotted}"
        about = [
            h.id for h in self.heads.values() if any(f".{api}".lower().endswith(dotted) for api in h.api)
        ]
        own = self.resolve(dotted.rpartition(".")[2])
        return [own] if own in about else about

    def get(self, name: str) -> Entry:
        """The entry that `name` means: see `resolve`; a unique beginning of an id is enough.

        Raises UnknownEntry with suggestions.
        """
        id = self.resolve(name)
        if id is None:
            wanted = normalize(name)
            begins = [known for known in self.heads if wanted and known.startswith(wanted)]
            if len(begins) != 1:
                raise UnknownEntry(name, tuple((begins or self.by_api(name))[:5]) or self.similar([name]))
            id = begins[0]
        return self.entry(id)

    def pick(self, words: Sequence[str], snippet: str | None = None) -> tuple[Entry, Snippet]:
        """The entry and the snippet that words name together: `one hot`, `one-hot scatter`, `one-hot:mask`.

        Raises UnknownEntry and UnknownSnippet.
        """
        name, named = (" ".join(words), snippet) if snippet else self.named(words)
        entry = self.get(name)
        return entry, pick_snippet(entry, named)

    def named(self, words: Sequence[str]) -> tuple[str, str | None]:
        """The name of an entry, and that of a snippet if the words end in one: behind a colon, or as the last
        of several words."""
        whole = " ".join(words)
        if self.resolve(whole) is not None:
            return whole, None
        if len(words) > 1 and self.resolve(" ".join(words[:-1])) is not None:
            return " ".join(words[:-1]), words[-1]
        name, colon, snippet = whole.replace("：", ":").rpartition(":")
        if colon and name and snippet and " " not in snippet:
            return name, snippet
        return whole, None

    def select(
        self, tags: Iterable[str] = (), category: str | None = None, words: Iterable[str] = ()
    ) -> list[Head]:
        """The entries that carry all of the tags and stand in the category, in reading order. Each of
        the words is a tag, a category, or the name of one in either language."""
        wanted, either = {normalize(tag) for tag in tags}, [normalize(word) for word in words]
        place = self._category(normalize(category)) if category is not None else None
        also = [(word, self._category(word)) for word in either]
        return [
            head
            for head in self.heads.values()
            if wanted <= set(head.tags)
            and place in (None, head.category)
            and all(tag in head.tags or head.category == named for tag, named in also)
        ]

    @staticmethod
    def _category(word: str) -> str:
        """The category that a word names: its id, or what it is called in English or Chinese."""
        from kb.content import tables

        names = tables.categories()
        called = (id for id, name in names.items() if word in (normalize(name.en), normalize(name.zh)))
        return word if word in names else next(called, word)

    def mentions(self, word: str) -> bool:
        """Whether a word stands in the name, title, summary, or a tag of an entry."""
        wanted = re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE)
        texts = (
            f"{h.id} {h.title.en} {h.summary.en} {h.title.zh} {h.summary.zh} {h.alias_keys} {h.tags}"
            for h in self.heads.values()
        )
        return any(map(wanted.search, texts))

    def similar(self, words: Iterable[str], limit: int = 3) -> tuple[str, ...]:
        """Ids of entries whose id or an alias is spelled almost like one of the words, nearest first."""
        names = {key: head.id for head in self.heads.values() for key in head.alias_keys.split("\n")[1:-1]}
        names |= {id: id for id in self.heads}
        near = [names[name] for word in words for name in suggest(word, names, limit)]
        return tuple(dict.fromkeys(near))[:limit]


def entries_in(folder: Path) -> Path:
    """Where the entries of a project or a repository lie: in its `.ptnote` or `entries`, else in itself."""
    return next((folder / name for name in (".ptnote", "entries") if (folder / name).is_dir()), folder)


def _sources() -> tuple[list[Path], list[str]]:
    """The folders of entries that the user has added, by name, and why some of them are left out."""
    place = paths.sources_dir()
    try:
        found = [place / name for name in sorted(os.listdir(place)) if name[0] != "."]
    except OSError:
        return [], []
    gone = [one for one in found if not one.is_dir()]
    told = [f"left out source '{one.name}', whose folder is gone; see: ptnote sources --own" for one in gone]
    return [entries_in(one) for one in found if one not in gone], told


def pick_snippet(entry: Entry, name: str | None = None) -> Snippet:
    """The snippet of this name, forgiving like names of entries, or the first. Raises UnknownSnippet."""
    if name is None:
        return entry.snippets[0]
    wanted = normalize(name)
    for snippet in entry.snippets:
        if snippet.name == wanted:
            return snippet
    raise UnknownSnippet(entry.id, name, tuple(snippet.name for snippet in entry.snippets))
