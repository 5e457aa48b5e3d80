"""Units of a question to ranked hits: which entries say them, how rare they are, and where they stand.

An entry is judged in two ways. By its *words*: for each unit of the question it scores the inverse document
frequency of the best option that it holds, times a weight made of the fields that hold it and of how typical
it is of the entry. The sum is multiplied by a power of the share of the question that the entry covers, and
raised by how like one of its names is to the question. By its *wording*: every term of the question, stop
words as well, counts its inverse document frequency times how typical it is of the entry. Words decide short
questions, which are names or parts of names; the longer the question, the more the wording says. The sum
of both is raised by how many other entries refer to the entry.

Whoosh only says where terms stand; every number can be explained to a reader.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import and_, or_

from msgspec import Struct

from kb.content.entry import Head
from kb.search.index import Index
from kb.search.likeness import Likeness
from kb.search.posting import MOST, SHIFT, fields_of, typical_of
from kb.search.postings import Postings
from kb.search.results import Contribution, Evidence, Explanation, Hit, make_hit
from kb.search.terms import link_term, rejoined
from kb.search.units import Option, Unit, terms_of
from kb.search.weights import FIELDS

SHORTLIST = 150
"""Candidates for whom common terms are looked up."""

CANDIDATES = 40
"""How many of the best entries are compared by name."""


class _Ranked(Struct, frozen=True):
    """A document on its way to being a hit."""

    words: float
    """What the words of the question count alone."""
    head: Head
    document: int
    coverage: float
    name: str
    likeness: float
    raised: float
    """What the links of other entries multiply its score by."""


class Ranking:
    """One search: what each unit is worth in each document, and the best of them."""

    def __init__(self, index: Index, postings: Postings) -> None:
        self.index = index
        self.postings = postings
        self.weights = postings.weights
        self.strengths = [(1 - self.weights.learned) * one for one in _strengths(self.weights.fields)]
        self.typical = self.weights.learned * self.weights.typical / MOST
        self.values: list[dict[int, tuple[float, Option]]] = []
        """For each unit, what each document's best option of it is worth."""

    def rank(self, asked: list[Unit], text: str, allowed: set[str] | None, limit: int) -> list[Hit]:
        """The best entries for a question of these units, which was typed as `text`; with `allowed`, only
        those ids."""
        if not asked:
            return []
        spoken = terms_of(text, asked)
        late = self.postings.fetch(spoken.union(*(option.terms for unit in asked for option in unit.options)))
        scores, coverage = self._score(asked, None)
        if late:
            chosen = sorted(heapq.nlargest(SHORTLIST, scores, key=scores.__getitem__))
            self.postings.fetch_among(late, chosen)
            scores, coverage = self._score(asked, chosen)
        wording = self._wording(spoken, scores)
        share = self.weights.wording * min(1.0, len(asked) / self.weights.long)
        likeness = Likeness(asked, self.postings)
        ranked = []
        before = {document: sum(parts) for document, parts in _mixed(scores, wording, share).items()}
        for document, head, names in self._best(before, allowed, max(limit, CANDIDATES)):
            like, name = likeness.best(names)
            words = scores[document] * (1 + self.weights.name_likeness * like**2)
            ranked.append(_Ranked(words, head, document, coverage[document], name, like, self._raise(head)))
        parts = _mixed({one.document: one.words for one in ranked}, wording, share)
        floor = self.weights.noise * max((one.words for one in ranked), default=0.0)
        kept = [one for one in ranked if one.words >= floor]
        kept.sort(key=lambda one: (-sum(parts[one.document]) * one.raised, one.head.id))
        return [self._hit(asked, one, wording[one.document], *parts[one.document]) for one in kept[:limit]]

    def _raise(self, head: Head) -> float:
        """What an entry's score is multiplied by, because other entries refer to it."""
        links = self.postings.document_frequency(link_term(head.id))
        return 1 + self.weights.links * math.log1p(max(links, self.weights.few))

    def _wording(self, spoken: set[str], scores: Mapping[int, float]) -> dict[int, float]:
        """How typical the question is of each document that has a score, from 0 to 1: the cosine between the
        rareness of its terms and how typical they are."""
        sums = dict.fromkeys(scores, 0.0)
        rareness = {term: self.postings.rareness(term) for term in spoken}
        length = math.hypot(*rareness.values()) * MOST
        for term, rare in rareness.items():
            factor = rare / length
            for document, posting in self.postings[term].items():
                if document in sums:
                    sums[document] += factor * (posting & MOST)
        return sums

    def _score(self, asked: list[Unit], only: list[int] | None) -> tuple[dict[int, float], dict[int, float]]:
        """Score and covered share of each document, or of `only` those."""
        sums: dict[int, float] = {}
        covered: dict[int, float] = {}
        weights = [self.postings.unit_weight(unit) for unit in asked]
        total = sum(weights)
        self.values = [self._unit(unit, only) for unit in asked]
        for weight, values in zip(weights, self.values, strict=True):
            for document, (value, option) in values.items():
                sums[document] = sums.get(document, 0.0) + value
                share = weight / total * self.postings.worth(option)
                covered[document] = covered.get(document, 0.0) + share
        power = self.weights.coverage
        return {d: value * covered[d] ** power for d, value in sums.items()}, covered

    def _unit(self, unit: Unit, only: list[int] | None) -> dict[int, tuple[float, Option]]:
        """Per document the best option of a unit, and its value."""
        best: dict[int, tuple[float, Option]] = {}
        for option in unit.options:
            worth = self.postings.worth(option)
            for document, whole in self._option(option.terms, only).items():
                value = whole * worth
                if document not in best or value > best[document][0]:
                    best[document] = (value, option)
        return best

    def _option(self, terms: tuple[str, ...], only: list[int] | None) -> dict[int, float]:
        """Per document that holds all the terms: the mean over them of idf times their weight in it."""
        lists = [self.postings[term] for term in terms]
        shortest = min(lists, key=len)
        documents: Iterable[int] = shortest if only is None else (d for d in only if d in shortest)
        strengths, typical = self.strengths, self.typical
        if len(terms) == 1:
            factor = self.postings.rareness(terms[0])
            postings = ((document, shortest[document]) for document in documents)
            return {
                document: factor * (strengths[posting >> SHIFT] + typical * (posting & MOST))
                for document, posting in postings
            }
        factors = [self.postings.rareness(term) / len(terms) for term in terms]
        return {
            document: sum(
                factor * (strengths[one[document] >> SHIFT] + typical * (one[document] & MOST))
                for factor, one in zip(factors, lists, strict=True)
            )
            for document in documents
            if all(document in one for one in lists)
        }

    def _best(
        self, scores: dict[int, float], allowed: set[str] | None, count: int
    ) -> Iterable[tuple[int, Head, list[tuple[str, list[str]]]]]:
        """The best-scored documents that pass the filters, with their entries and names."""
        found = 0
        for document in sorted(scores, key=lambda d: (-scores[d], d)):
            head, names = self.index.stored(document)
            if head and (allowed is None or head.id in allowed):
                yield document, head, names
                found += 1
                if found == count:
                    return

    def _hit(self, asked: list[Unit], ranked: _Ranked, wording: float, words: float, gained: float) -> Hit:
        contributions: list[Contribution] = []
        by_field: dict[str, list[str]] = {field: [] for field in FIELDS}
        for unit, values in zip(asked, self.values, strict=True):
            if ranked.document not in values:
                continue
            value, option = values[ranked.document]
            held = [self.postings[term].get(ranked.document, 0) for term in option.terms]
            places = [fields_of(posting) for posting in held]
            typical = sum(map(typical_of, held)) / len(held)
            # the fields that hold all of it; where none does, those that hold a part
            bits = reduce(and_, places) or reduce(or_, places)
            fields = tuple(field for i, field in enumerate(FIELDS) if bits >> i & 1)
            contributions.append(
                Contribution(unit.text, option.said, fields, round(value, 3), round(typical, 3))
            )
            for field in fields:
                by_field[field].append(option.said or unit.text)
        why = tuple(Evidence(field, rejoined(words)) for field, words in by_field.items() if words)
        explanation = Explanation(
            tuple(contributions),
            round(ranked.coverage, 3),
            ranked.name,
            round(ranked.likeness, 3),
            round(wording, 3),
            round(gained, 3),
            round(ranked.raised, 3),
        )
        return make_hit(ranked.head, (words + gained) * ranked.raised, why, explanation)


def _mixed(
    words: Mapping[int, float], wording: Mapping[int, float], share: float
) -> dict[int, tuple[float, float]]:
    """What the words and the wording of the question each count in a document, whose sum is its score. The
    wording has `share` of it; the most typical document gains as much by it as the best words count."""
    most, closest = max(words.values(), default=0.0), max(wording.values(), default=0.0) or 1.0
    return {d: ((1 - share) * value, share * most * wording[d] / closest) for d, value in words.items()}


def _strengths(fields: Mapping[str, float]) -> list[float]:
    """For every combination of fields, as bits, the sum of their weights."""
    sums = [0.0]
    for name in FIELDS:
        sums += [known + fields[name] for known in sums]
    return sums
