"""The inventory of the notes that the entries grew from, and which entry answers which topic."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from kb.content.cache import Store
from kb.content.entry import Entry, Text
from kb.content.shelf import Shelf
from kb.content.tables import read_yaml
from kb.errors import BadFile

FILE = "sources.yaml"


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


class Erratum(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that a note says and that is not so."""

    said: str
    """In the words of the note, shortened."""
    entry: str
    """The entry that puts it right."""
    truth: Text
    topic: str = ""


class Sources(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole inventory."""

    notes: dict[str, Note]
    topics: tuple[Topic, ...]
    errata: tuple[Erratum, ...] = ()


def load(root: Path, store: Store | None = None) -> Sources:
    """The inventory of an entries folder, kept in `store`, by default the folder's own.

    Raises BadFile with the place of the fault.
    """
    path = root / FILE
    try:
        return (store or Store.of(root)).derived(
            f"tables/{path.stem}", path, Sources, lambda file: read_yaml(file, Sources)
        )
    except (OSError, ValueError) as error:
        raise BadFile(f"{path}: {error}") from error


def coverage(shelf: Shelf, sources: Sources) -> dict[str, tuple[str, ...]]:
    """Topic id → ids of the entries that cover it, none for a topic still open."""
    found: dict[str, list[str]] = {topic.id: [] for topic in sources.topics}
    for entry in shelf:
        for topic in entry.covers:
            found.setdefault(topic, []).append(entry.id)
    return {topic: tuple(ids) for topic, ids in found.items()}


def origins(entry: Entry) -> list[tuple[Note, tuple[str, ...]]]:
    """The notes an entry grew from, each with its sections; none where its folder has no inventory, or a
    broken one, which `ptnote sources` reports."""
    root = Path(entry.path).parent.parent
    if not entry.covers or not (root / FILE).is_file():
        return []
    try:
        sources = load(root)
    except BadFile:
        return []
    found: dict[str, dict[str, None]] = {}
    for topic in sources.topics:
        if topic.id in entry.covers:
            for place in topic.sources:
                found.setdefault(place.note, {}).update(dict.fromkeys(place.sections))
    return [(sources.notes[note], tuple(sections)) for note, sections in sorted(found.items())]
