"""Which documents hold a term, in which fields, and how typical it is of them; and how rare terms are."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from kb.search.backend import TermNotFound
from kb.search.document import NAME_BITS, SHORT_BITS
from kb.search.posting import fields_of
from kb.search.units import Option, Unit
from kb.search.weights import Weights

BUDGET = 6000
"""Postings read to choose candidates, rare terms first; terms beyond it are looked up only for those."""

COMMON = 200
"""A term of more documents than this is taken to stand in some entry's name."""


class Postings:
    """The postings of one search, each read once. `counts` keeps what is known of document frequencies from
    one search of the same reader to the next."""

    def __init__(self, reader: Any, weights: Weights, counts: dict[str, int]) -> None:
        self.reader = reader
        self.weights = weights
        self.size = max(1, int(reader.doc_count()))
        """Documents in all."""
        self._read: dict[str, dict[int, int]] = {}
        self._counts = counts
        self._rareness: dict[str, float] = {}

    def __getitem__(self, term: str) -> dict[int, int]:
        """Documents that hold a term, and what the index says of it there, see `kb.search.posting`; only
        what was fetched."""
        return self._read.get(term, {})

    def document_frequency(self, term: str) -> int:
        """How many documents hold a term."""
        if term not in self._counts:
            try:
                self._counts[term] = int(self.reader.doc_frequency("term", term))
            except (KeyError, TermNotFound):
                self._counts[term] = 0
        return self._counts[term]

    def idf(self, terms: Iterable[str]) -> float:
        """The mean inverse document frequency of the terms."""
        each = [self.rareness(term) for term in terms]
        return sum(each) / len(each)

    def rareness(self, term: str) -> float:
        """The inverse document frequency of a term."""
        known = self._rareness.get(term)
        if known is None:
            known = math.log(1 + self.size / max(1, self.document_frequency(term)))
            self._rareness[term] = known
        return known

    def worth(self, option: Option) -> float:
        """What an option counts, compared with what was typed."""
        return self.weights.kinds[option.kind] * option.share

    def unit_weight(self, unit: Unit) -> float:
        """What a unit counts in the question."""
        idf = self.idf(unit.options[0].terms)
        if self.is_boundary(unit):
            return idf * self.weights.boundary
        return idf * self.weights.prose if self.is_boundary(unit, NAME_BITS) else idf

    def is_boundary(self, unit: Unit, fields: int = SHORT_BITS) -> bool:
        """Whether a unit is a Chinese bigram that none of these fields holds anywhere: mostly the end of one
        word and the beginning of the next."""
        if not unit.chinese or len(unit.options) > 1:
            return False
        return not any(held & fields for term in unit.options[0].terms for held in self._held(term))

    def fetch(self, terms: Iterable[str]) -> list[str]:
        """Fetch the postings of terms, rare ones first, until the budget is spent; the terms that are
        left."""
        present = sorted((count, term) for term in {*terms} if (count := self.document_frequency(term)))
        spent = 0
        for place, (count, term) in enumerate(present):
            spent += count
            if spent > BUDGET and place:
                return [term for _, term in present[place:]]
            self._read[term] = self._all(term)
        return []

    def fetch_among(self, terms: list[str], documents: list[int]) -> None:
        """Fetch postings for some documents only, which come in rising order."""
        for term in terms:
            self._read[term] = self._some(term, documents)

    def _held(self, term: str) -> Iterable[int]:
        """For each document with a term, the bits of the fields that hold it."""
        if self.document_frequency(term) > COMMON:
            return (SHORT_BITS,)
        if term not in self._read and self.document_frequency(term):
            self._read[term] = self._all(term)
        return map(fields_of, self[term].values())

    def _all(self, term: str) -> dict[int, int]:
        found = {}
        matcher = self.reader.postings("term", term)
        while matcher.is_active():
            found[matcher.id()] = int(matcher.weight())
            matcher.next()
        return found

    def _some(self, term: str, documents: list[int]) -> dict[int, int]:
        found = {}
        matcher = self.reader.postings("term", term)
        for document in documents:
            if matcher.is_active() and matcher.id() < document:
                matcher.skip_to(document)
            if not matcher.is_active():
                break
            if matcher.id() == document:
                found[document] = int(matcher.weight())
        return found
