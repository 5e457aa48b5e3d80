"""Phrases that mean the same, in either language: from `synonyms.yaml` beside the categories."""

from __future__ import annotations

from pathlib import Path

import msgspec

from kb import paths
from kb.content.cache import compiled
from kb.errors import BadFile
from kb.search.terms import fold

Synonyms = dict[str, tuple[str, ...]]
"""A folded phrase to the other phrases of its group."""


def load() -> Synonyms:
    """The synonyms of the built-in entries; none if there is no such file. Raises BadFile."""
    path = paths.builtin_entries() / "synonyms.yaml"
    try:
        return compiled(path, Synonyms, _read) if path.is_file() else {}
    except (OSError, ValueError) as error:
        raise BadFile(f"{path}: {error}") from error


def plain(phrase: str) -> str:
    """A phrase as it is compared: folded, in lower case, its words apart by single blanks."""
    return " ".join(fold(phrase).lower().replace("_", " ").replace("-", " ").split())


def _read(path: Path) -> Synonyms:
    import yaml

    try:
        groups = msgspec.convert(yaml.safe_load(path.read_bytes()) or [], list[list[str]])
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {error}") from error
    found: dict[str, dict[str, None]] = {}
    for group in groups:
        phrases = list(dict.fromkeys(map(plain, group)))
        for phrase in phrases:
            others = found.setdefault(phrase, {})
            others.update(dict.fromkeys(other for other in phrases if other != phrase))
    return {phrase: tuple(others) for phrase, others in found.items()}
