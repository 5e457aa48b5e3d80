"""Units of a question to ranked hits: which entries say them, how rarely, where, and how much.

An entry scores, for each unit of the question, the rarity of the best way in which it says it times
the weight of the fields that say it; the sum is multiplied by the square of the share of the
question that it answers, and raised by how well one of its own names fits the question. Nothing
here is Whoosh's: its postings tell where terms stand, and every number can be told to a reader.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from kb.search.index import FIELDS
from kb.search.likeness import Wording
from kb.search.postings import Postings
from kb.search.query import Option, Unit
from kb.search.results import Counted, Evidence, Hit, Reasons, plain_hit
from kb.search.terms import rejoined

if TYPE_CHECKING:
    from kb.content.shelf import Shelf

WEIGHTS = {
    "id": 4.2,
    "alias": 2.5,
    "title": 3.6,
    "asked": 1.4,
    "api": 6.0,
    "tag": 3.0,
    "summary": 2.0,
    "errors": 1.5,
    "explain": 0.35,
    "code": 0.5,
}
"""What a term counts in each field: names say what an entry is about, prose mentions.
Learnt on the development half of the labelled queries: `benchmarks/search.py --learn`."""

NAME_FIT = 4.0
"""How much an entry gains whose id, alias, title, or API name has just the words of the question."""

COVERAGE = 1.4
"""The power of the covered share: an entry with all words beats one that repeats a rare one."""

SHORTLIST = 150
"""Candidates for whom common terms are looked up."""

CANDIDATES = 40
"""How many of the best entries are compared by name."""

NOISE = 0.03
"""Entries that score less than this share of the best are left out: they share a common word."""


class Ranking:
    """One search: what each unit is worth in each document, and the best of them."""

    def __init__(self, shelf: Shelf, searcher: Any, postings: Postings) -> None:
        self.shelf = shelf
        self.searcher = searcher
        self.postings = postings
        self.strengths = _strengths()
        self.values: list[dict[int, tuple[float, Option]]] = []
        """For each unit, what each document's best option of it is worth."""

    def rank(self, asked: list[Unit], allowed: set[str] | None, limit: int) -> list[Hit]:
        """The best entries for these units."""
        if not asked:
            return []
        late = self.postings.fetch(asked)
        scores, coverage = self._score(asked, None)
        if late:
            chosen = sorted(heapq.nlargest(SHORTLIST, scores, key=scores.__getitem__))
            self.postings.fetch_among(late, chosen)
            scores, coverage = self._score(asked, chosen)
        wording = Wording(asked, self.postings)
        hits = []
        for document, id_ in self._best(scores, allowed, max(limit, CANDIDATES)):
            fit, name = wording.best(self.searcher.stored_fields(document)["names"])
            score = scores[document] * (1 + NAME_FIT * fit**2)
            hits.append((score, id_, document, coverage[document], name, fit))
        hits.sort(key=lambda hit: (-hit[0], hit[1]))
        floor = NOISE * hits[0][0] if hits else 0.0
        return [self._told(asked, *hit) for hit in hits[:limit] if hit[0] >= floor]

    def _score(self, asked: list[Unit], only: list[int] | None) -> tuple[dict[int, float], dict[int, float]]:
        """Score and covered share of each document, or of `only` those."""
        sums: dict[int, float] = {}
        covered: dict[int, float] = {}
        rarities = [self.postings.weight(unit) for unit in asked]
        total = sum(rarities)
        self.values = [self._unit(unit, only) for unit in asked]
        for rarity, values in zip(rarities, self.values, strict=True):
            weight = rarity / total
            for document, (value, option) in values.items():
                sums[document] = sums.get(document, 0.0) + value
                covered[document] = covered.get(document, 0.0) + weight * option.share
        return {d: value * covered[d] ** COVERAGE for d, value in sums.items()}, covered

    def _unit(self, unit: Unit, only: list[int] | None) -> dict[int, tuple[float, Option]]:
        """Per document the best option of a unit, and its value."""
        best: dict[int, tuple[float, Option]] = {}
        for option in unit.options:
            values = self._phrase(option.terms, only)
            for document, whole in values.items():
                value = whole * option.share
                if document not in best or value > best[document][0]:
                    best[document] = (value, option)
        return best

    def _phrase(self, terms: tuple[str, ...], only: list[int] | None) -> dict[int, float]:
        """Per document that holds all the terms: the mean of their rarities times strengths."""
        lists = [self.postings[term] for term in terms]
        shortest = min(lists, key=len)
        documents: Iterable[int] = shortest if only is None else (d for d in only if d in shortest)
        strengths = self.strengths
        if len(terms) == 1:
            factor = self.postings.rarity(terms)
            return {document: factor * strengths[shortest[document]] for document in documents}
        factors = [self.postings.rarity((term,)) / len(terms) for term in terms]
        return {
            document: sum(
                factor * strengths[one[document]] for factor, one in zip(factors, lists, strict=True)
            )
            for document in documents
            if all(document in one for one in lists)
        }

    def _best(self, scores: dict[int, float], allowed: set[str] | None, count: int) -> list[tuple[int, str]]:
        """The best-scored documents that pass the filters, with their ids."""
        if allowed is None:
            order: Iterable[int] = heapq.nlargest(count, scores, key=lambda d: (scores[d], -d))
        else:
            order = sorted(scores, key=lambda d: -scores[d])
        made: list[tuple[int, str]] = []
        for document in order:
            id = self.searcher.stored_fields(document)["key"]
            if id in self.shelf.heads and (allowed is None or id in allowed):
                made.append((document, id))
                if len(made) == count:
                    break
        return made

    def _told(
        self, asked: list[Unit], score: float, id: str, document: int, coverage: float, name: str, fit: float
    ) -> Hit:
        counted: list[Counted] = []
        by_field: dict[str, list[str]] = {field: [] for field in WEIGHTS}
        for unit, values in zip(asked, self.values, strict=True):
            if document not in values:
                continue
            value, option = values[document]
            bits = 0
            for term in option.terms:
                bits |= self.postings[term].get(document, 0)
            names = tuple(field for field in WEIGHTS if bits >> FIELDS.index(field) & 1)
            counted.append(Counted(unit.text, option.said, names, round(value, 3)))
            for field in names:
                by_field[field].append(unit.text)
        why = tuple(Evidence(field, rejoined(words)) for field, words in by_field.items() if words)
        reasons = Reasons(tuple(counted), round(coverage, 3), name, round(fit, 3))
        return plain_hit(self.shelf.heads[id], score, why, reasons)


def _strengths() -> list[float]:
    """For every combination of fields the sum of their weights."""
    ordered = [WEIGHTS[name] for name in FIELDS]
    return [
        sum(weight for position, weight in enumerate(ordered) if bits >> position & 1)
        for bits in range(1 << len(ordered))
    ]
