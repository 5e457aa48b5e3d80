"""Rules about a collection as a whole: that it is complete, and that every entry can be reached.

They hold for folders with a `categories.yaml`, see `is_collection`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kb.check.rule import (
    CATEGORIES,
    FOLDER_RULES,
    FolderFinding,
    category_names,
    folder_rule,
    is_collection,
)
from kb.content import inventory
from kb.content.entry import Entry
from kb.content.folder import Folder
from kb.content.problem import Problem
from kb.content.shelf import Shelf


def problems(shelf: Shelf) -> Iterator[Problem]:
    """Everything the rules for folders find. Raises BadFile if a table beside the entries is malformed."""
    for folder in shelf.folders:
        if is_collection(folder.root):
            for code, function in FOLDER_RULES.items():
                for one in function(folder):
                    yield Problem(code=code, path=str(one.path), line=one.line, message=one.message)


@folder_rule("E130")
def categories_have_an_overview(folder: Folder) -> Iterator[FolderFinding]:
    """Each category has one entry that is tagged `overview`, and at least one other entry."""
    path = folder.root / CATEGORIES
    for category in category_names(folder.root):
        heads = [head for head in folder.heads.values() if head.category == category]
        overviews = [head for head in heads if "overview" in head.tags]
        if not overviews:
            message = f"no entry of category '{category}' is tagged 'overview'; write its overview"
            yield FolderFinding(message, path, _line(path, f"{category}:"))
        elif len(heads) == 1:
            message = f"category '{category}' holds nothing but its overview; add an entry to it"
            yield FolderFinding(message, path, _line(path, f"{category}:"))
        for head in overviews[1:]:
            message = f"'{overviews[0].id}' is the overview of '{category}' already; remove one of the tags"
            yield FolderFinding(message, Path(head.path))


@folder_rule("E131")
def topics_are_covered(folder: Folder) -> Iterator[FolderFinding]:
    """Each topic of `sources.yaml` is listed once, has a known category, and is covered by an entry."""
    path = folder.root / inventory.FILE
    if not path.is_file():
        return
    categories = category_names(folder.root)
    covered = {topic for entry in _entries(folder) for topic in entry.covers}
    seen: set[str] = set()
    for topic in inventory.load(folder.root).topics:
        message = ""
        if topic.id in seen:
            message = f"topic '{topic.id}' is listed twice; remove one"
        elif topic.category not in categories:
            message = f"topic '{topic.id}' has the unknown category '{topic.category}'; see {CATEGORIES}"
        elif topic.id not in covered:
            message = f"no entry covers topic '{topic.id}'; name it under `covers` in the entry that does"
        if message:
            yield FolderFinding(message, path, _line(path, rf"\s*- id: {re.escape(topic.id)}\s*$"))
        seen.add(topic.id)


@folder_rule("E132")
def entries_are_linked_to(folder: Folder) -> Iterator[FolderFinding]:
    """Each entry stands in `see_also` of an entry that is not an overview, so that readers come across it."""
    linked = {other for entry in _entries(folder) if "overview" not in entry.tags for other in entry.see_also}
    for head in folder.heads.values():
        if head.id not in linked and "overview" not in head.tags:
            message = f"no entry names '{head.id}' in see_also; add it to a related entry"
            yield FolderFinding(message, Path(head.path))


@folder_rule("E133")
def links_hold_the_collection_together(folder: Folder) -> Iterator[FolderFinding]:
    """Links lead, over any number of entries and in either direction, from each entry to every other."""
    links: dict[str, set[str]] = {id: set() for id in folder.heads}
    for entry in _entries(folder):
        for other in entry.see_also:
            if other in links:
                links[entry.id].add(other)
                links[other].add(entry.id)
    largest = max(_groups(links), key=len, default=set())
    for id in sorted(links.keys() - largest):
        message = f"no links lead from '{id}' to most other entries; add one of them to its see_also"
        yield FolderFinding(message, Path(folder.heads[id].path))


def _groups(links: dict[str, set[str]]) -> Iterator[set[str]]:
    """The groups of ids that hang together, in the order of their first ids."""
    grouped: set[str] = set()
    for first in links:
        group: set[str] = set()
        todo = [] if first in grouped else [first]
        while todo:
            id = todo.pop()
            if id not in group:
                group.add(id)
                todo += links[id]
        grouped |= group
        yield group


def _entries(folder: Folder) -> Iterator[Entry]:
    return map(folder.entry, folder.heads)


def _line(path: Path, pattern: str) -> int:
    """The first line of a file that a pattern matches from its beginning; 1 if there is none."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if re.match(pattern, line)), 1)
