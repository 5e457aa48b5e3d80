"""The inventory of the notes that the entries grew from, and which entry answers which topic."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from kb.content.cache import compiled
from kb.content.entry import Text
from kb.errors import BadFile
from kb.content.shelf import Shelf


class Note(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the notes."""

    title: str
    author: str = ""


class Place(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a note speaks of a topic."""

    note: str
    sections: tuple[str, ...]


class Topic(Struct, frozen=True, forbid_unknown_fields=True):
    """Something the notes speak of."""

    id: str
    title: Text
    category: str
    sources: tuple[Place, ...]


class Sources(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole inventory."""

    notes: dict[str, Note]
    topics: tuple[Topic, ...]


def load(root: Path) -> Sources:
    """The inventory of an entries folder. Raises BadFile with the place of the fault."""
    path = root / "sources.yaml"
    try:
        return compiled(path, Sources, _read)
    except (OSError, ValueError) as error:
        raise BadFile(f"{path}: {error}") from error


def _read(path: Path) -> Sources:
    import yaml

    try:
        raw = yaml.safe_load(path.read_bytes())
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {error}") from error
    return msgspec.convert(raw, Sources)


def coverage(shelf: Shelf, sources: Sources) -> dict[str, tuple[str, ...]]:
    """Topic id → ids of the entries that cover it, none for a topic still open."""
    found: dict[str, list[str]] = {topic.id: [] for topic in sources.topics}
    for entry in shelf:
        for topic in entry.covers:
            found.setdefault(topic, []).append(entry.id)
    return {topic: tuple(ids) for topic, ids in found.items()}


def origins(sources: Sources, covers: tuple[str, ...]) -> list[tuple[Note, tuple[str, ...]]]:
    """For an entry that covers these topics: the notes it comes from, each with its sections."""
    found: dict[str, dict[str, None]] = {}
    for topic in sources.topics:
        if topic.id in covers:
            for place in topic.sources:
                found.setdefault(place.note, {}).update(dict.fromkeys(place.sections))
    return [(sources.notes[note], tuple(sections)) for note, sections in sorted(found.items())]
