"""One form for text that means the same: width, compatibility forms, and traditional characters."""

from __future__ import annotations

import unicodedata

from kb.text.traditional import simplify


def fold(text: str) -> str:
    """Full-width letters and digits become plain ones, compatibility forms their base characters, and
    traditional Chinese characters simplified ones. Case stays as it is."""
    return text if text.isascii() else simplify(unicodedata.normalize("NFKC", text))
