"""Where terms stand: the postings of the index, how rare terms are, and which known ones are near an
unknown one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from whoosh.reading import TermNotFound

from kb.search.index import CALLED, NAMED
from kb.search.query import PART, Option, Unit
from kb.search.terms import PARTICLES, SOUND, name_terms, rejoined, sound_of
from kb.text.pinyin import syllables

BUDGET = 6000
"""Postings read to choose candidates, rare terms first; terms beyond it are looked up for those."""

COMMON = 200
"""Terms of more documents are taken to stand in some name."""

NEAR = 0.8
"""What a word counts that was put in the place of an unknown one."""

SEAM = 0.4
"""What a pair of Chinese characters counts that no entry's names hold."""

PROSE = 0.5
"""What such a pair counts if only sentences hold it: how people ask, summaries."""

OFFERED = 5
"""Known words that may stand for one that is only begun."""

Corrected = dict[str, tuple[str, ...]]


class Postings:
    """The postings of one search, read once each."""

    def __init__(self, reader: Any) -> None:
        self.reader = reader
        self._read: dict[str, dict[int, int]] = {}
        self._counts: dict[str, int] = {}

    def __getitem__(self, term: str) -> dict[int, int]:
        """Documents that hold a term, and the bits of the fields that do; only what was fetched."""
        return self._read.get(term, {})

    @cached_property
    def size(self) -> int:
        """Documents in all."""
        return max(1, int(self.reader.doc_count()))

    def frequency(self, term: str) -> int:
        """In how many documents a term stands."""
        if term not in self._counts:
            try:
                self._counts[term] = int(self.reader.doc_frequency("term", term))
            except (KeyError, TermNotFound):
                self._counts[term] = 0
        return self._counts[term]

    def rarity(self, terms: Iterable[str]) -> float:
        """The mean inverse document frequency of the terms."""
        each = [math.log(1 + self.size / max(1, self.frequency(term))) for term in terms]
        return sum(each) / len(each)

    def weight(self, unit: Unit) -> float:
        """What a unit counts in the question."""
        rarity = self.rarity(unit.options[0].terms)
        if self.seam(unit):
            return rarity * SEAM
        return rarity * PROSE if self.seam(unit, CALLED) else rarity

    def fetch(self, asked: list[Unit]) -> list[str]:
        """Fetch the postings of the units' terms, rare ones first, until the budget is spent; the
        terms that are left."""
        terms = {term for unit in asked for option in unit.options for term in option.terms}
        present = sorted((count, term) for term in terms if (count := self.frequency(term)))
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

    def _bits(self, term: str) -> Iterable[int]:
        if self.frequency(term) > COMMON:
            return (NAMED,)
        if term not in self._read and self.frequency(term):
            self._read[term] = self._all(term)
        return self[term].values()

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

    def correct(self, asked: list[Unit]) -> tuple[list[Unit], Corrected]:
        """Replace what occurs nowhere by what is nearest: a word that begins like it, is spelt or
        sounds almost like it. What nothing is near to is left out."""
        corrected: Corrected = {}
        known: list[Unit] = []
        strange: list[Unit] = []
        for before, unit, after in zip([None, *asked], asked, [*asked[1:], None], strict=False):
            near: tuple[Option, ...] = ()
            if self.seam(unit) and not (
                self._explained(unit.text[0], before, -1) and self._explained(unit.text[-1], after, 0)
            ):
                near = self._homophones(unit.text)
            elif not unit.chinese and not self._whole(unit):
                near = self._near(unit.text.lower()) or self._near_parts(unit)
            if near:
                corrected[unit.text] = tuple(option.said for option in near)
                known.append(Unit(unit.text, (*unit.options, *near), unit.chinese))
            elif not PARTICLES.isdisjoint(unit.text) and self.seam(unit, CALLED):
                continue
            elif any(map(self._known, unit.options)):
                known.append(unit)
            elif unit.chinese:
                strange.append(unit)
        if strange:
            known += self._sounding(asked, strange)
        return known, corrected

    def _known(self, option: Option) -> bool:
        return all(map(self.frequency, option.terms))

    def _whole(self, unit: Unit) -> bool:
        """Whether a Latin unit is known as it was typed, as a synonym, or in all its parts."""
        own, *others = unit.options
        parts = [option for option in others if option.share == PART]
        synonyms = [option for option in others if option.share != PART]
        if self._known(own) or any(map(self._known, synonyms)):
            return True
        return bool(parts) and all(map(self._known, parts))

    def seam(self, unit: Unit, fields: int = NAMED) -> bool:
        """Whether a unit is Chinese characters that no entry's names (or other fields) hold together:
        mostly the end of one word and the beginning of the next."""
        if not unit.chinese or len(unit.options) > 1:
            return False
        return not any(bits & fields for term in unit.options[0].terms for bits in self._bits(term))

    def _explained(self, character: str, neighbour: Unit | None, at: int) -> bool:
        """Whether a character of a seam is where it belongs: a particle, or part of a known word."""
        if character in PARTICLES:
            return True
        overlaps = neighbour is not None and neighbour.chinese and neighbour.text[at] == character
        return overlaps and neighbour is not None and not self.seam(neighbour)

    def _homophones(self, pair: str) -> tuple[Option, ...]:
        """Pairs in names that are typed by the same keys: 张量 for 张亮."""
        sound = sound_of(pair)
        pairs = [word.removeprefix(sound) for word in self._begins("word", sound)] if len(pair) == 2 else []
        return tuple(Option((other,), NEAR, other) for other in pairs if other != pair)

    def _near_parts(self, unit: Unit) -> tuple[Option, ...]:
        """What is near to the unknown parts of a name."""
        parts = [option.terms[0] for option in unit.options if option.share == PART]
        return tuple(option for part in parts if not self.frequency(part) for option in self._near(part))

    def _near(self, text: str) -> tuple[Option, ...]:
        """Known words that begin like `text`, are a slip of the keyboard away, or two, or names
        whose pinyin begins with it."""
        if len(text) < 3:
            return ()
        words = sorted(self._begins("word", text), key=len)[:OFFERED] or self._within(text, 1)
        sounds = [] if words else self._begins("term", SOUND + text)[:OFFERED]
        if not words and not sounds and len(text) > 4:
            words = self._within(text, 2)
        return (
            *(Option((name_terms(word)[0],), NEAR, word) for word in words),
            *(_sounding_like(sound, SOUND + text) for sound in sounds),
        )

    def _begins(self, field: str, text: str) -> list[str]:
        return [term.decode() for term in self.reader.expand_prefix(field, text)]

    def _within(self, text: str, distance: int) -> list[str]:
        within = self.reader.terms_within("word", text, distance, prefix=1)
        near = [term for term in within if len(term) > 2]
        return sorted(near, key=lambda term: -self.reader.doc_frequency("word", term))[:3]

    def _sounding(self, asked: list[Unit], strange: list[Unit]) -> list[Unit]:
        """Names that sound like the runs of Chinese of which some pair is unknown."""
        made = []
        for run in rejoined([unit.text for unit in asked if unit.chinese]):
            if any(unit.text in run for unit in strange):
                sound = SOUND + "".join(syllables(run))
                sounds = self._begins("term", sound)[:OFFERED]
                if sounds:
                    made.append(Unit(run, tuple(_sounding_like(one, sound) for one in sounds)))
        return made


def _sounding_like(known: str, begun: str) -> Option:
    """A name by its pinyin; the less of it was said, the less it counts."""
    return Option((known,), NEAR * len(begun) / len(known), known.removeprefix(SOUND))
