"""The list of entries that was shown last, so that `ptnote 3` opens the third of it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable

from kb import paths
from kb.errors import KbError

KEPT_HOURS = 24
"""After this time nobody remembers what stood in a list."""


def keep(ids: Iterable[str]) -> None:
    """Remember the ids of a numbered list; a folder that cannot be written keeps nothing."""
    place = paths.last_list_file()
    with contextlib.suppress(OSError):
        paths.private_dir(place.parent)
        paths.atomic_write(place, "".join(f"{id}\n" for id in ids).encode())


def numbered(number: int) -> str:
    """The id of that number in the list that was shown last. Raises KbError if there is none."""
    place = paths.last_list_file()
    try:
        age = time.time() - place.stat().st_mtime
        ids = place.read_bytes().decode().splitlines()
    except (OSError, ValueError):
        raise KbError(f"no list to take number {number} from; try: ptnote search amp") from None
    if age > KEPT_HOURS * 3600:
        raise KbError(f"the last list is more than a day old, number {number} is forgotten; search again")
    if not 1 <= number <= len(ids):
        raise KbError(f"the last list goes from 1 to {len(ids)}; try: ptnote 1, or search again")
    return ids[number - 1]
