"""A message as it is compared: in one line, and in lower case."""

from __future__ import annotations

_ALIKE = str.maketrans({"İ": "i", **dict.fromkeys('"`´‘’‚‛“”„‟', "'")})


def flat(text: str) -> str:
    """A message in one line, with single blanks."""
    return " ".join(text.split())


def lower(text: str) -> str:
    """A text in lower case with one kind of quotes, and as long as before: `İ` is the only character that
    grows. Versions of torch, editors and chat programs each have quotes of their own."""
    return text.translate(_ALIKE).lower()
