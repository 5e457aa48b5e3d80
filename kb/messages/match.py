"""Many patterns, and which of them explains a message.

A text is compared with few patterns only: each pattern is filed under one whole word of its fixed
text, the one that fewest other patterns hold, and is tried only on texts that hold this word. Patterns
without such a word are tried on texts that hold their longest piece.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from msgspec import Struct

from kb.content.entry import ErrorPattern
from kb.messages.pattern import Match, Pattern, Prepared, find, parse, part, prepare
from kb.messages.plain import lower

if TYPE_CHECKING:
    from kb.content.shelf import Shelf

REMEMBERED = 16
"""Characters of a message that somebody has to remember."""

RECOGNIZED = 24
"""Characters of a pattern that are as good as the whole where the text around them was cut off."""

SHARE = 0.25
"""Share of a pattern's fixed text that has to be there: the beginning of a long one may be what many say."""

APART = 8
"""Characters by which a pattern must hold more of a cut text than those of other entries."""

_WORD = re.compile(r"\w+")
_INNER_WORD = re.compile(r"(?<=[^\w{}…])\w+(?=[^\w{}…])")
"""A word of a pattern's fixed text with fixed text on either side that is no part of a word, so that
every text that the pattern matches holds this very word. No placeholder is adjacent."""


class Explanation(Struct, frozen=True):
    """A pattern that matches a message, and the entry that the pattern belongs to."""

    id: str
    """The entry."""
    pattern: ErrorPattern
    parsed: Pattern
    match: Match

    @property
    def values(self) -> dict[str, str]:
        """What the message has in the place of each named placeholder."""
        return self.match.values

    @property
    def complete(self) -> bool:
        """Whether every named placeholder has a value."""
        return self.values.keys() >= {*filter(None, self.parsed.names)}


class PatternTable:
    """Every pattern of every visible entry, ready to be compared with messages."""

    def __init__(self, patterns: Iterable[tuple[str, ErrorPattern]]) -> None:
        """Index patterns, each given with the id of its entry."""
        self._rows = list(patterns)
        self._parsed: dict[int, Pattern] = {}
        """Patterns by the number of their row, parsed when a text is first compared with them."""
        self._wordless: list[tuple[str, int]] = []
        """The rows of patterns without an inner word, each with its longest piece."""
        self._by_word: dict[str, list[int]] = {}
        """The other rows, by the word under which each is filed."""
        words = [_INNER_WORD.findall(lower(pattern.match)) for _, pattern in self._rows]
        holding = Counter(chain.from_iterable(words))
        for number, inner in enumerate(words):
            if inner:
                self._by_word.setdefault(min(inner, key=holding.__getitem__), []).append(number)
            else:
                self._wordless.append((max(self._parse(number).pieces, key=len), number))
        self._words = frozenset(self._by_word)

    def explain(self, text: str, near: str | None = None) -> Explanation | None:
        """The pattern that fixes most of a single message; of several the one found first in it.

        `near` is as for `heaviest`. None if no pattern matches.
        """
        found = self.heaviest(text, near=near)
        return min(found, key=lambda one: one.match.start, default=None)

    def heaviest(self, text: str, least: int = 0, near: str | None = None) -> list[Explanation]:
        """The matches of those patterns that fix most of a text, all of the same weight.

        `least` is the weight that they must have, in characters. `near` is what stands around the text: a
        pattern with `when` counts only if one of those is found there; None lets every pattern count. In the
        order of the entries.
        """
        prepared = prepare(text)
        found: list[Explanation] = []
        for number, parsed in self._candidates(prepared):
            if parsed.weight < least:
                break
            match = find(parsed, prepared)
            if match and _stands_near(self._rows[number][1], near):
                least = parsed.weight
                found.append(Explanation(*self._rows[number], parsed, match))
        return found

    def recall(self, text: str) -> Explanation | None:
        """The pattern of which a text holds most, if that was cut off or is no more than what somebody
        remembers of a message.

        None if there are less than `REMEMBERED` characters; if there is more in the text, and less than
        `RECOGNIZED` characters or `SHARE` of the pattern; if what the pattern's `when` demands is missing;
        or if a pattern of another entry holds nearly as much, because then many messages say this.
        """
        typed = prepare(text.strip("…. \n"))
        if len(typed.text) < REMEMBERED:
            return None
        held = {number: part(self._parse(number), typed) for number in range(len(self._rows))}
        most = max(held.values(), default=0)
        close = [number for number, size in held.items() if size > most - APART]
        if len({self._rows[number][0] for number in close}) != 1:
            return None
        best = min(close, key=lambda number: (-held[number], len(self._rows[number][1].match)))
        parsed = self._parse(best)
        if most < min(len(typed.text), max(RECOGNIZED, SHARE * parsed.weight)):
            return None
        if not _stands_near(self._rows[best][1], text):
            return None
        return Explanation(*self._rows[best], parsed, Match(0, {}))

    def _candidates(self, prepared: Prepared) -> list[tuple[int, Pattern]]:
        """The patterns that may match a text with the numbers of their rows, heaviest first."""
        numbers = [number for piece, number in self._wordless if piece in prepared.lowered]
        for word in self._words.intersection(_WORD.findall(prepared.lowered)):
            numbers += self._by_word[word]
        parsed = [(number, self._parse(number)) for number in sorted(numbers)]
        return sorted(parsed, key=lambda one: -one[1].weight)

    def _parse(self, number: int) -> Pattern:
        if number not in self._parsed:
            self._parsed[number] = parse(self._rows[number][1].match)
        return self._parsed[number]


def _stands_near(pattern: ErrorPattern, near: str | None) -> bool:
    """Whether what a pattern demands of its surroundings is there."""
    if not pattern.when or near is None:
        return True
    prepared = prepare(near)
    return any(find(parse(one), prepared) for one in pattern.when)


def patterns_of(shelf: Shelf) -> Iterable[tuple[str, ErrorPattern]]:
    """Every pattern of the visible entries with the id of its entry, in reading order."""
    return shelf.patterns()


def table_of(shelf: Shelf) -> PatternTable:
    """The table of a shelf's patterns, which is built when it is first asked for."""
    if shelf not in _TABLES:
        _TABLES[shelf] = PatternTable(patterns_of(shelf))
    return _TABLES[shelf]


_TABLES: WeakKeyDictionary[Shelf, PatternTable] = WeakKeyDictionary()
