"""Names as people type them: `One_Hot`, `one hot` and `one-hot` are the same name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kb.text.fold import fold

LENGTH_LIMIT = 80
"""Characters of a name that are compared with known ones; no name is longer."""

_SEPARATORS = re.compile(r"[\s_\-./]+")


def normalize(name: str) -> str:
    """Fold width, case, separators, and traditional characters: `Ｏne_Hot ` → `one-hot`."""
    folded = fold(name).casefold().strip()
    return _SEPARATORS.sub("-", folded).strip("-")


def suggest(name: str, known: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """The known names that look like `name`, nearest first."""
    from difflib import get_close_matches

    wanted = normalize(name)[:LENGTH_LIMIT]
    return tuple(get_close_matches(wanted, list(known), n=limit, cutoff=0.6))
