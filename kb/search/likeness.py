"""How well the words of a question fit the names of an entry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from kb.content.entry import Entry
from kb.search.query import Unit, units

if TYPE_CHECKING:
    from kb.search.postings import Postings


Named = list[tuple[str, list[str]]]
"""Names, and the distinct terms of each."""


def named(entry: Entry) -> Named:
    """Everything that an entry is called: id, titles, aliases, how it is asked for, functions. The
    index keeps it: to analyze names anew would take most of the time of a search."""
    functions = [api.rpartition(".")[2] for api in entry.api]
    names = [entry.id.replace("-", " "), entry.title.en, entry.title.zh]
    names += [*entry.aliases, *entry.asked, *functions]
    return [
        (name, sorted({term for unit in units(name) for term in unit.options[0].terms})) for name in names
    ]


class Wording:
    """A question as names are compared with it: what each unit weighs, and every way of saying it."""

    def __init__(self, asked: list[Unit], postings: Postings) -> None:
        self.weigh = postings.rarity
        self.units = [
            (postings.weight(unit), [(frozenset(option.terms), option.share) for option in unit.options])
            for unit in asked
        ]
        self.total = sum(weight for weight, _ in self.units)
        self.terms = frozenset(term for _, options in self.units for terms, _ in options for term in terms)

    def fit(self, terms: Iterable[str]) -> float:
        """How well a name of these terms has just the words of the question, from 0 to 1: the
        harmonic mean of the shares of either that the other has, rare words weighing more."""
        if self.terms.isdisjoint(terms):
            return 0.0
        name = frozenset(terms)
        answered = 0.0
        used: set[str] = set()
        for weight, options in self.units:
            said = [(share, option) for option, share in options if option <= name]
            if said:
                share, option = max(said, key=lambda one: one[0])
                answered += weight * share
                used |= option
        whole = sum(self.weigh((term,)) for term in terms)
        meant = sum(self.weigh((term,)) for term in used)
        return 2 / (self.total / answered + whole / meant) if answered else 0.0

    def best(self, named: Named) -> tuple[float, str]:
        """The best of an entry's names, and how well it fits."""
        fits = [(self.fit(terms), name) for name, terms in named]
        return max(fits, key=lambda fit: fit[0], default=(0.0, ""))
