"""Entries of the user's own: edited in their editor, and made of a changed copy."""

from __future__ import annotations

from pathlib import Path

from kb import Entry, Library, editing
from pycli import editor


def edited(library: Library, entry: Entry) -> Path | None:
    """Have the user edit an entry, as `ptnote edit` does; the file that was written, None if nothing was
    changed. Raises KbError."""
    editor.command()
    one = editing(library, entry.id)
    draft = one.begin()
    try:
        editor.edit(draft)
    except editor.EditorFailed:
        if one.unchanged():
            one.finish()
        raise
    return one.path if one.finish() else None
