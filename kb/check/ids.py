"""Rules about names: ids, categories, aliases, tags, and references."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from weakref import WeakKeyDictionary

from kb.check.rule import CATEGORIES, Finding, category_names, is_collection, rule
from kb.content import inventory
from kb.content.entry import LANGUAGES, Entry
from kb.content.shelf import Shelf
from kb.text.names import normalize, suggest

ID_LIMIT = 32

_NAMED: WeakKeyDictionary[Shelf, dict[str, list[str]]] = WeakKeyDictionary()


@rule("E101")
def id_is_kebab_case(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """An id, which is the file's name, is lower-case words joined by '-', and short enough to type."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.id) or len(entry.id) > ID_LIMIT:
        yield Finding(f"id '{entry.id}' must be kebab-case, at most {ID_LIMIT} characters")


@rule("E102")
def category_is_known(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """In a collection, the folder of an entry is one of the categories of `categories.yaml`."""
    root = _root(entry, shelf)
    if is_collection(root):
        known = category_names(root)
        if entry.category not in known:
            near = ", ".join(suggest(entry.category, known)) or f"another of {CATEGORIES}"
            yield Finding(f"unknown category '{entry.category}'; did you mean {near}?")


@rule("E103")
def names_are_unique(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """An alias says something that the id and titles do not, and means this entry alone."""
    own = {normalize(entry.id), normalize(entry.title.en), normalize(entry.title.zh)}
    names = [normalize(alias) for alias in entry.aliases]
    for i, (alias, name) in enumerate(zip(entry.aliases, names, strict=True)):
        if not name:
            yield Finding(f"alias '{alias}' is only punctuation", f"aliases.{i}")
        elif name in own or name in names[:i]:
            yield Finding(f"alias '{alias}' repeats the id, a title or another alias", f"aliases.{i}")
    named = _named(shelf)
    for i, name in enumerate(names):
        for id in named.get(name, ()) if name else ():
            if id != entry.id:
                message = f"alias '{entry.aliases[i]}' also names '{id}'; keep it in one"
                yield Finding(message, f"aliases.{i}")


@rule("E104")
def references_exist(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """What `see_also` names is another entry."""
    for i, other in enumerate(entry.see_also):
        if other == entry.id or other not in shelf.heads:
            near = ", ".join(suggest(other, shelf.heads))
            advice = f"did you mean: {near}?" if near else "see: ptnote list"
            yield Finding(f"see_also '{other}' is no other entry; {advice}", f"see_also.{i}")


@rule("E105")
def topics_exist(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """What `covers` names is a topic of the `sources.yaml` beside the categories, if there is one."""
    root = _root(entry, shelf)
    if entry.covers and (root / inventory.FILE).is_file():
        status = (root / inventory.FILE).stat()
        known = _topics(root, status.st_mtime_ns, status.st_size)
        for i, topic in enumerate(entry.covers):
            if topic not in known:
                near = ", ".join(suggest(topic, known))
                advice = f"did you mean: {near}?" if near else "see: ptnote sources"
                yield Finding(f"covers '{topic}', which sources.yaml does not list; {advice}", f"covers.{i}")


def _named(shelf: Shelf) -> dict[str, list[str]]:
    """Which entries each id, title, and alias belongs to."""
    if shelf not in _NAMED:
        named: dict[str, list[str]] = {}
        for id, head in shelf.heads.items():
            for name in {id, *head.alias_keys.split("\n"), *head.title_keys.split("\n")}:
                named.setdefault(name, []).append(id)
        _NAMED[shelf] = named
    return _NAMED[shelf]


@lru_cache(maxsize=4)
def _topics(root: Path, time: int, size: int) -> list[str]:
    """The topics of the inventory, read anew when the time or the size of its file has changed."""
    return [topic.id for topic in inventory.load(root).topics]


@rule("E106")
def tags_are_kebab_case(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """A tag is lower-case words joined by '-'."""
    for i, tag in enumerate(entry.tags):
        if normalize(tag) != tag:
            yield Finding(f"tag '{tag}' must be lower-case words joined by '-'", f"tags.{i}")


@rule("E107")
def an_overview_names_its_category(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """The entry tagged `overview` says when to use each entry of its category, except those about errors:
    nobody chooses an error."""
    if "overview" not in entry.tags:
        return
    neighbors = [
        id for id, head in shelf.heads.items() if head.category == entry.category and "error" not in head.tags
    ]
    for language in LANGUAGES:
        named = set(re.findall(r"`([^`]+)`", entry.explain.get(language)))
        missing = [id for id in neighbors if id != entry.id and id not in named]
        if missing:
            text = f"the overview of {entry.category} does not name {', '.join(missing)} in backticks"
            yield Finding(text, f"explain.{language}")


@rule("E108")
def entries_link_to_others(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """In a collection, `see_also` names at least one entry to read next."""
    if not entry.see_also and is_collection(_root(entry, shelf)):
        yield Finding("names no entry in see_also; add what to read next", "see_also")


@rule("E109")
def packages_are_in_the_extra(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """In a checkout, the packages that snippets require are listed in the `snippets` extra, so that the
    tests install them."""
    project = _root(entry, shelf).parent / "pyproject.toml"
    for i, snippet in enumerate(entry.snippets):
        if snippet.requires.packages and project.is_file():
            extra = _extra(project, project.stat().st_mtime_ns)
            for package in snippet.requires.packages:
                if extra is not None and package not in extra:
                    message = f"package '{package}' is not in the `snippets` extra of pyproject.toml; add it"
                    yield Finding(message, f"snippets.{i}.requires.packages")


def _root(entry: Entry, shelf: Shelf) -> Path:
    """The entries folder that an entry stands in."""
    return shelf.holders[entry.id].root


@lru_cache(maxsize=1)
def _extra(project: Path, changed: int) -> frozenset[str] | None:
    """The packages of the `snippets` extra, by their names alone; None if the project has no such extra.
    `changed`, the time of the file, makes a new version of it be read."""
    import tomllib

    try:
        table = tomllib.loads(project.read_text(encoding="utf-8"))
        listed = table["project"]["optional-dependencies"]["snippets"]
    except (OSError, ValueError, KeyError):
        return None
    return frozenset(re.split(r"[<>=!~;\[ ]", line, maxsplit=1)[0] for line in listed)
