"""How like the names of an entry are to a question."""

from __future__ import annotations

import math
from collections.abc import Iterable

from kb.search.document import Names
from kb.search.postings import Postings
from kb.search.units import Unit

COMMON = math.log(2)
"""How rare a term is that every document holds."""


class Likeness:
    """A question as names are compared with it: the weight of each unit, and every way of saying it."""

    def __init__(self, asked: list[Unit], postings: Postings) -> None:
        self.rareness = postings.rareness
        self.units = [
            (
                postings.unit_weight(unit),
                [(frozenset(option.terms), postings.worth(option)) for option in unit.options],
            )
            for unit in asked
        ]
        self.total = sum(weight for weight, _ in self.units)
        self.terms = frozenset(term for _, options in self.units for terms, _ in options for term in terms)

    def of(self, terms: Iterable[str], floor: float = 0.0) -> float:
        """How well a name of these terms has just the words of the question, from 0 to 1: the harmonic
        mean of the share of the question that it says and of its own share that the question says, rare
        words weighing more. 0 if that is not more than `floor`."""
        if self.terms.isdisjoint(terms):
            return 0.0
        name = frozenset(terms)
        answered = 0.0
        used: set[str] = set()
        for weight, options in self.units:
            matching = [(worth, option) for option, worth in options if option <= name]
            if matching:
                worth, option = max(matching, key=lambda one: one[0])
                answered += weight * worth
                used |= option
        # looking up how rare words are takes most of the time of a search; none is less rare than COMMON
        if not answered:
            return 0.0
        meant = sum(map(self.rareness, used))
        least = meant + COMMON * (len(name) - len(used))
        if 2 / (self.total / answered + least / meant) <= floor:
            return 0.0
        whole = sum(map(self.rareness, terms))
        return 2 / (self.total / answered + whole / meant)

    def best(self, names: Names) -> tuple[float, str]:
        """The name that is most like the question, and how like it is."""
        best, found = 0.0, ""
        for name, terms in names:
            like = self.of(terms, best)
            if like > best:
                best, found = like, name
        return best, found
