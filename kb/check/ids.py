"""Rules about names: ids, categories, aliases, tags, and references."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kb.check.rule import Finding, rule
from kb.content import inventory as sources
from kb.content.entry import LANGUAGES, Entry
from kb.content.shelf import Shelf
from kb.text.names import normalize, suggest

ID_LIMIT = 32


@rule("E101")
def id_is_kebab_case(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.id) or len(entry.id) > ID_LIMIT:
        yield Finding(f"id '{entry.id}' must be kebab-case, at most {ID_LIMIT} characters")


@rule("E102")
def category_is_known(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    if entry.layer == "built-in":
        from kb.content import categories

        if entry.category not in categories.names():
            near = suggest(entry.category, categories.names())
            yield Finding(f"unknown category '{entry.category}'; did you mean {near or 'another'}?")


@rule("E103")
def names_are_unique(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    own = {normalize(entry.id), normalize(entry.title.en), normalize(entry.title.zh)}
    seen: set[str] = set()
    for i, alias in enumerate(entry.aliases):
        name = normalize(alias)
        if not name:
            yield Finding(f"alias '{alias}' is only punctuation", f"aliases.{i}")
        elif name in own or name in seen:
            yield Finding(f"alias '{alias}' repeats the id, a title or another alias", f"aliases.{i}")
        seen.add(name)
    for id, head in shelf.heads.items():
        if id != entry.id:
            taken = {*head.alias_keys.split("\n"), *head.title_keys.split("\n"), id}
            for i, alias in enumerate(entry.aliases):
                if normalize(alias) in taken:
                    yield Finding(f"alias '{alias}' also names '{id}'; keep it in one", f"aliases.{i}")


@rule("E104")
def references_exist(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    for i, other in enumerate(entry.see_also):
        if other == entry.id or other not in shelf.heads:
            near = ", ".join(suggest(other, shelf.heads)) or "see: ptnote list"
            yield Finding(f"see_also '{other}' is no other entry; {near}", f"see_also.{i}")


@rule("E105")
def topics_exist(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    root = next(one.root for one in shelf.folders if entry.id in one.heads)
    if entry.covers and (root / "sources.yaml").is_file():
        known = [topic.id for topic in sources.load(root).topics]
        for i, topic in enumerate(entry.covers):
            if topic not in known:
                near = ", ".join(suggest(topic, known)) or "see: ptnote sources"
                yield Finding(f"covers '{topic}', which sources.yaml does not list; {near}", f"covers.{i}")


@rule("E106")
def tags_are_kebab_case(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    for i, tag in enumerate(entry.tags):
        if normalize(tag) != tag:
            yield Finding(f"tag '{tag}' must be lower-case words joined by '-'", f"tags.{i}")


@rule("E107")
def an_overview_names_its_category(entry: Entry, shelf: Shelf) -> Iterator[Finding]:
    """The entry tagged `overview` says of every neighbour when to take it; an error is met, not chosen."""
    if "overview" not in entry.tags:
        return
    neighbours = [
        id
        for id, head in shelf.heads.items()
        if head.category == entry.category and "error" not in head.tags
    ]
    for language in LANGUAGES:
        named = set(re.findall(r"`([^`]+)`", entry.explain.get(language)))
        missing = [id for id in neighbours if id != entry.id and id not in named]
        if missing:
            text = f"the overview of {entry.category} does not name {', '.join(missing)} in backticks"
            yield Finding(text, f"explain.{language}")
