"""What a rule is, and the tables of all rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from kb.content.entry import Entry, Text
from kb.content.folder import Folder
from kb.content.shelf import Shelf
from kb.content.tables import read_yaml
from kb.errors import BadFile

CATEGORIES = "categories.yaml"


class Finding(Struct, frozen=True):
    """What a rule for entries reports: a message, and the dotted place in the entry that it is about."""

    message: str
    place: str = ""
    offset: int = 0
    """Lines below the place."""
    beside: str = ""
    """The end of the name of the file beside the entry that it is about, of which `offset` is the line."""


class FolderFinding(Struct, frozen=True):
    """What a rule for folders reports: a message, the file that must be mended, and a line of it."""

    message: str
    path: Path
    line: int = 1


Rule = Callable[[Entry, Shelf], Iterable[Finding]]
RULES: dict[str, Rule] = {}
"""The rules that look at one entry, by code."""

FolderRule = Callable[[Folder], Iterable[FolderFinding]]
FOLDER_RULES: dict[str, FolderRule] = {}
"""The rules that look at all entries of a folder together, by code."""


def rule(code: str) -> Callable[[Rule], Rule]:
    """Register a rule for entries under its code."""

    def register(function: Rule) -> Rule:
        assert code not in RULES, code
        RULES[code] = function
        return function

    return register


def folder_rule(code: str) -> Callable[[FolderRule], FolderRule]:
    """Register a rule for folders under its code."""

    def register(function: FolderRule) -> FolderRule:
        assert code not in RULES and code not in FOLDER_RULES, code
        FOLDER_RULES[code] = function
        return function

    return register


def is_collection(root: Path) -> bool:
    """Whether an entries folder is a collection of its own, like the built-in one: it has a list of
    categories. Entries of a user or a project are additions, and need not be complete or linked."""
    return (root / CATEGORIES).is_file()


def category_names(root: Path) -> list[str]:
    """The categories of a collection, in reading order. Raises BadFile if the list is malformed."""
    path = root / CATEGORIES
    try:
        return _names(path, path.stat().st_mtime_ns)
    except (OSError, ValueError) as error:
        raise BadFile(f"{path}: {error}") from error


@lru_cache(maxsize=8)
def _names(path: Path, changed: int) -> list[str]:
    """The keys of a list of categories; `changed`, the time of the file, makes a new version be read."""
    return list(read_yaml(path, dict[str, Text]))
