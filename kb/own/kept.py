"""A changed snippet kept as an entry of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from msgspec import to_builtins

from kb.content.entry import FORMAT, LANGUAGES, Entry, Requires, Snippet, Text
from kb.content.scaffold import check_names, writable_root, write_files
from kb.library import Library

CHANGED = Text(en="{title}, changed", zh="{title}（改）")
TITLE_LIMIT = 60


def keep_snippet(
    library: Library,
    entry: Entry,
    snippet: Snippet,
    id: str,
    *,
    code: str,
    output: str = "",
    raises: str = "",
    project: bool = False,
) -> Path:
    """Write a new entry of the user's own that holds the code, and return its file.

    Its texts are those of the entry that it comes from, which it names as one to read next. `output` is
    what the code printed, `raises` the exception it ended with. It belongs where `Library.new` puts new
    entries. Raises BadName for an id that cannot be used, and BadFile if it is taken or cannot be written.
    """
    root = writable_root(project)
    check_names(library.shelf, root, id, entry.category, [entry.category])
    path = root / entry.category / f"{id}.yaml"
    write_files({path: _text(entry, snippet, code, output, raises)}, {})
    return path


def _text(entry: Entry, snippet: Snippet, code: str, output: str, raises: str) -> str:
    kept: dict[str, Any] = {"name": "default", "code": _ended(code)}
    if output.strip():
        kept["output"] = _ended(output)
    if raises:
        kept["raises"] = raises
    if snippet.requires != Requires():
        needs = {name: value for name, value in to_builtins(snippet.requires).items() if value}
        kept["requires"] = {
            name: list(value) if name == "packages" else value for name, value in needs.items()
        }
    content = {
        "format": FORMAT,
        "title": _title(entry),
        "summary": _both(entry.summary),
        "tags": list(entry.tags),
        "explain": _both(entry.explain),
        "snippets": [kept],
        "see_also": [entry.id],
    }
    return yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)


def _title(entry: Entry) -> dict[str, str] | str:
    """The title of the entry, marked as changed, and cut where there is no room for that."""
    title: dict[str, str] = {}
    for language in LANGUAGES:
        room = TITLE_LIMIT - len(CHANGED.get(language).format(title=""))
        title[language] = CHANGED.get(language).format(title=entry.title.get(language)[:room])
    return title if entry.title.en != entry.title.zh else title["en"]


def _both(text: Text) -> dict[str, str] | str:
    """A text as an entry has it; one that was written in one language stays so."""
    return {language: text.get(language) for language in LANGUAGES} if text.en != text.zh else text.en


def _ended(text: str) -> str:
    return text.rstrip("\n") + "\n"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they are read: one line of the text in one of the file."""


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text_node)
