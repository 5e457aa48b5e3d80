"""The tables that stand beside the built-in entries: categories and synonyms, read through the store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from kb import paths
from kb.content.cache import Store
from kb.content.entry import Text
from kb.errors import BadFile

T = TypeVar("T")


def categories(store: Store | None = None) -> dict[str, Text]:
    """Category → its name in both languages, in reading order. Raises BadFile."""
    return table("categories.yaml", dict[str, Text], dict[str, Text], lambda names: names, store)


def table(
    file: str, written: type[Any], kind: type[T], make: Callable[[Any], T], store: Store | None = None
) -> T:
    """What `make` makes of a YAML file of the built-in entries that holds a value of type `written`.

    It is made anew only when the file changes; `store` keeps it, by default that of the built-in
    entries. Raises BadFile with the place of the fault.
    """
    root = paths.builtin_entries()
    path = root / file
    try:
        return (store or Store.of(root)).derived(
            f"tables/{path.stem}", path, kind, lambda source: make(read_yaml(source, written))
        )
    except (OSError, ValueError) as error:
        raise BadFile(f"{path}: {error}") from error


def read_yaml(path: Path, kind: type[T]) -> T:
    """A YAML file as a value of this type. Raises ValueError with the place of the fault, and OSError."""
    from kb.content.source import Source, read_file

    source = Source.of(str(path), read_file(path))
    for problem in source.problems:
        raise ValueError(f"line {problem.line}: {problem.message}")
    try:
        return msgspec.convert(source.data, kind)
    except msgspec.ValidationError as error:  # a ValueError only in later versions of msgspec
        raise ValueError(str(error)) from error
