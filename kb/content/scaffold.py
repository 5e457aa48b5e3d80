"""Begin a new entry: its file and its proofs from the templates, and what a collection needs beside them.

A collection, such as the entries of a checkout of ptnote, names each entry in the overview of its
category, and keeps the messages that an entry explains, and phrases for the search, in files of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from kb import paths
from kb.content.entry import ASKED, LANGUAGES, PROOFS, Entry
from kb.content.files import BESIDE, SAMPLES
from kb.content.shelf import Shelf
from kb.errors import BadFile, BadName
from kb.text.names import suggest

TEMPLATE = "_template.yaml"
PROOFS_TEMPLATE = "_template.proofs.py"
SCHEMA = "entry.schema.json"
ID_LIMIT = 32

DRAFT = {"en": "- To do, say when to take it: `{id}`.", "zh": "- 待补，说明什么时候用它：`{id}`。"}
"""The line that names a new entry in the overview of its category, until somebody words it."""

NO_PHRASES = """\
# How somebody asks for {id} who does not know its name: one phrase a line, half of them in Chinese.
"""

NO_SAMPLES = """\
# Messages that {id} explains, each with a program that gives it: `code`, and what it `says`.
[]
"""


def writable_root(project: bool = False, start: Path | None = None) -> Path:
    """The folder that a new entry belongs in: that of the checkout of ptnote that `start` (the current
    folder) lies in, else the user's own; with `project` the `.ptnote/` of the current project.

    Raises BadFile if there is no such folder, because there is no home folder for example.
    """
    if start is None:
        try:
            start = Path.cwd()
        except FileNotFoundError as error:  # somebody deleted it
            if project:
                raise BadFile("the current folder is gone; change to another") from error
            start = Path("/")
    if project:
        return paths.project_entries(start) or start / ".ptnote"
    for folder in (start, *start.parents):
        if (folder / "entries" / TEMPLATE).is_file() and (folder / "kb" / "library.py").is_file():
            return folder / "entries"
    own = paths.user_entries()
    if paths.NO_HOME in own.parents:
        raise BadFile("there is no home folder for entries of your own; try: ptnote new --project")
    return own


def new_entry(
    shelf: Shelf, root: Path, id: str, category: str, categories: Iterable[str], near: str = ""
) -> list[Path]:
    """Write the draft of an entry; the files that were written or changed, the entry first.

    `near` is the id of an entry to read next: each then names the other in its `see_also`. Raises
    BadName for an id or a category that cannot be used, UnknownEntry for `near`, and BadFile where a
    file exists or cannot be written. No existing file is overwritten.
    """
    check_names(shelf, root, id, category, categories)
    neighbor = shelf.get(near) if near else None
    own = Shelf.open(root) if (root / "categories.yaml").is_file() else None
    overview = _overview(own, category) if own else None
    linked = neighbor or overview
    path = root / category / f"{id}.yaml"
    created = {
        path: _draft(root, id, linked.id if linked else ""),
        path.with_suffix(PROOFS): _template(root, PROOFS_TEMPLATE).replace("ID", id, 1),
    }
    changed: dict[Path, str] = {}
    if own:
        created[path.with_suffix(SAMPLES)] = NO_SAMPLES.format(id=id)
        created[path.with_suffix(ASKED)] = NO_PHRASES.format(id=id)
        if overview:
            changed[Path(overview.path)] = _named_in(overview, id)
        if neighbor and neighbor.id in own.heads:
            place = Path(own.entry(neighbor.id).path)
            changed[place] = _linked_from(changed.get(place) or _read(place), id)
    write_files(created, changed)
    return [*created, *changed]


def check_names(shelf: Shelf, root: Path, id: str, category: str, categories: Iterable[str]) -> None:
    """Raise BadName for an id or a category that a new entry cannot have, BadFile for one that is taken."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id) or len(id) > ID_LIMIT:
        raise BadName(f"'{id}' is no id; use lower-case words joined by '-', at most {ID_LIMIT} characters")
    known = list(categories)
    if category not in known:
        near = suggest(category, known, limit=1)
        advice = f"did you mean: {near[0]}?" if near else "see: ptnote categories"
        raise BadName(f"no category '{category}'; {advice}")
    taken = shelf.resolve(id)
    if taken in shelf.heads:
        raise BadFile(f"'{id}' already names an entry: {shelf.heads[taken].path}; choose another id")
    for existing in [found for end in (".yaml", SAMPLES, *BESIDE) for found in root.glob(f"*/{id}{end}")]:
        raise BadFile(f"{existing} exists already; choose another id")


def _overview(shelf: Shelf, category: str) -> Entry | None:
    for id, head in shelf.heads.items():
        if head.category == category and "overview" in head.tags:
            return shelf.entry(id)
    return None


def _draft(root: Path, id: str, see_also: str) -> str:
    """The template with the id for its title, and without the names it has as examples: they would be
    found by searches."""
    text = _template(root, TEMPLATE)
    text = re.sub(r"\A(#.*\n)+", "", text)
    text = re.sub(r"^(title:\n  en:).*", rf"\1 {id.replace('-', ' ').capitalize()}", text, flags=re.M)
    text = re.sub(r"^(tags|aliases|api):.*", r"\1: []", text, flags=re.M)
    text = re.sub(r"^see_also:.*", f"see_also: [{see_also}]", text, flags=re.M)
    if (root / SCHEMA).is_file():
        text = f"# yaml-language-server: $schema=../{SCHEMA}\n{text}"
    return text


def _template(root: Path, name: str) -> str:
    """The text of a template: that of the folder, else that of the built-in entries."""
    own = root / name
    return _read(own if own.is_file() else paths.builtin_entries() / name)


def _named_in(overview: Entry, id: str) -> str:
    """The text of an overview's file, with a line for the new entry in both explanations."""
    lines = _read(Path(overview.path)).splitlines(keepends=True)
    starts = {overview.lines[f"explain.{language}"]: language for language in LANGUAGES}
    for start, language in sorted(starts.items(), reverse=True):  # so that the numbers of lines stay right
        if lines[start - 1].rstrip().endswith("|"):  # a text of one line has no room for another
            at, indent = _end_of_list(lines, start)
            lines.insert(at, f"{indent}{DRAFT[language].format(id=id)}\n")
    return "".join(lines)


def _end_of_list(lines: list[str], start: int) -> tuple[int, str]:
    """Where a list in the block of text that begins at a line can be continued, and its indent; the end
    of the block if it holds no list."""
    indent = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
    end = start
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith(indent)):
        end += 1
    while not lines[end - 1].strip():
        end -= 1
    items = [at for at in range(start, end) if lines[at].startswith(f"{indent}- ")]
    if not items:
        return end, indent
    at = items[-1] + 1
    while at < end and lines[at].startswith(f"{indent}  "):
        at += 1
    return at, indent


def _linked_from(text: str, id: str) -> str:
    """The text of an entry's file, with the new entry at the end of its `see_also`."""
    listed = re.search(r"^see_also: \[(.*)\] *$", text, re.M)
    if listed is None:
        return text
    others = f"{listed[1].strip()}, " if listed[1].strip() else ""
    return f"{text[: listed.start()]}see_also: [{others}{id}]{text[listed.end() :]}"


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except (OSError, ValueError) as error:
        raise BadFile(f"cannot read {path}: {error}") from error


def write_files(created: dict[Path, str], changed: dict[Path, str]) -> None:
    """Make new files, and replace the content of others. Raises BadFile; no existing file is overwritten."""
    try:
        for path, text in created.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            paths.remove_scraps(path.parent)
            paths.create(path, text.encode())
        for path, text in changed.items():
            paths.atomic_write(path.resolve(), text.encode(), lasting=True)
    except OSError as error:
        raise BadFile(
            f"cannot write {error.filename or path}: {error.strerror}; see: ptnote paths"
        ) from error
