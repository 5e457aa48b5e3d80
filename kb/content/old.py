"""Format 1 of an entry, in which files of users may still be written: read as if it were format 2."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from kb.content.entry import Content, Myth, Text

OLD_FORMAT = 1


class Correction(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody gets wrong, in the language it was said in, and the truth."""

    said: str
    en: str
    zh: str


class OldContent(Content, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What format 1 had in the entry itself, and format 2 elsewhere or in another form."""

    asked: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()


def modern(old: OldContent) -> dict[str, Any]:
    """The fields of an `Entry` that hold the same, `format` still being 1."""
    values = {name: getattr(old, name) for name in Content.__struct_fields__}
    said = [Myth(said=Text(one.said, one.said), truth=Text(one.en, one.zh)) for one in old.corrections]
    return {**values, "asked": old.asked, "myths": (*old.myths, *said)}
