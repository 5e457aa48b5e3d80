"""What a rule is, and the table of all rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from kb.content.entry import Entry
from kb.content.shelf import Shelf


class Finding(Struct, frozen=True):
    """What a rule says: a message, and the dotted place in the entry that it is about."""

    message: str
    place: str = ""
    offset: int = 0
    """Lines below the place."""


Rule = Callable[[Entry, Shelf], Iterable[Finding]]
RULES: dict[str, Rule] = {}


def rule(code: str) -> Callable[[Rule], Rule]:
    """Register a rule under its code."""

    def register(function: Rule) -> Rule:
        assert code not in RULES, code
        RULES[code] = function
        return function

    return register
