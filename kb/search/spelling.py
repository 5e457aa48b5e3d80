"""Known words in the place of words that no entry holds: misspelt, only begun, or typed by sound."""

from __future__ import annotations

from kb.search.document import NAME_BITS
from kb.search.index import Index
from kb.search.postings import Postings
from kb.search.stopwords import PARTICLES
from kb.search.terms import PINYIN, name_terms, pinyin_prefix, rejoined
from kb.search.units import Kind, Option, Unit
from kb.text.pinyin import syllables

OFFERED = 5
"""Known words that may stand for one that is only begun."""

Corrections = dict[str, tuple[str, ...]]
"""An unknown word, and the known words searched for in its place."""


class Spelling:
    """Corrects the units of one question by the words of an index."""

    def __init__(self, index: Index, postings: Postings) -> None:
        self.reader = index.reader
        self.leaves = index.leaves
        self.postings = postings

    def correct(self, asked: list[Unit]) -> tuple[list[Unit], Corrections]:
        """Give each unknown unit the known words nearest to it: those that begin like it, or are spelled or
        sound almost like it. Units to which nothing is near are left out."""
        corrections: Corrections = {}
        known: list[Unit] = []
        strange: list[Unit] = []
        for before, unit, after in zip([None, *asked], asked, [*asked[1:], None], strict=False):
            near = self._near_unit(before, unit, after)
            if near:
                corrections[unit.text] = tuple(option.said for option in near)
                known.append(Unit(unit.text, (*unit.options, *near), unit.chinese))
            elif not PARTICLES.isdisjoint(unit.text) and self.postings.is_boundary(unit, NAME_BITS):
                continue
            elif any(map(self._known, unit.options)):
                known.append(unit)
            elif unit.chinese:
                strange.append(unit)
        if strange:
            known += self._sounding(asked, strange)
        return known, corrections

    def _near_unit(self, before: Unit | None, unit: Unit, after: Unit | None) -> tuple[Option, ...]:
        """Corrections of a unit, if it needs any."""
        if self.postings.is_boundary(unit):
            explained = self._explained(unit.text[0], before, -1) and self._explained(unit.text[-1], after, 0)
            return () if explained else self._homophones(unit.text)
        if unit.chinese or self._whole(unit):
            return ()
        return self._near(unit.text.lower()) or self._near_parts(unit)

    def _known(self, option: Option) -> bool:
        return all(map(self.postings.document_frequency, option.terms))

    def _whole(self, unit: Unit) -> bool:
        """Whether a Latin unit is known as it was typed, as a synonym, or in all its parts."""
        parts = [option for option in unit.options if option.kind is Kind.part]
        others = [option for option in unit.options if option.kind is not Kind.part]
        return any(map(self._known, others)) or (bool(parts) and all(map(self._known, parts)))

    def _explained(self, character: str, neighbor: Unit | None, at: int) -> bool:
        """Whether a character of a boundary bigram is where it belongs: a particle, or part of a word."""
        if character in PARTICLES:
            return True
        overlaps = neighbor is not None and neighbor.chinese and neighbor.text[at] == character
        return overlaps and neighbor is not None and not self.postings.is_boundary(neighbor)

    def _homophones(self, pair: str) -> tuple[Option, ...]:
        """Bigrams in names that are typed by the same keys: 张量 for 张亮."""
        if len(pair) != 2:
            return ()
        prefix = pinyin_prefix(pair)
        pairs = [word.removeprefix(prefix) for word in self._beginning("word", prefix)]
        return tuple(Option((other,), Kind.correction, other) for other in pairs if other != pair)

    def _near_parts(self, unit: Unit) -> tuple[Option, ...]:
        """Corrections of the unknown parts of a name."""
        parts = [option.terms[0] for option in unit.options if option.kind is Kind.part]
        unknown = [part for part in parts if not self.postings.document_frequency(part)]
        return tuple(option for part in unknown for option in self._near(part))

    def _near(self, text: str) -> tuple[Option, ...]:
        """Known words that begin like `text`, are one or two edits away, or names whose pinyin begins with
        it."""
        if len(text) < 3:
            return ()
        words = sorted(self._beginning("word", text), key=len)[:OFFERED] or self._within(text, 1)
        sounds = [] if words else self._beginning("term", PINYIN + text)[:OFFERED]
        if not words and not sounds and len(text) > 4:
            words = self._within(text, 2)
        return (
            *(Option((name_terms(word)[0],), Kind.correction, word) for word in words),
            *(_sounding_like(sound, PINYIN + text) for sound in sounds),
        )

    def _beginning(self, field: str, text: str) -> list[str]:
        return [term.decode() for term in self.reader.expand_prefix(field, text)]

    def _within(self, text: str, distance: int) -> list[str]:
        """Known words within an edit distance that share the first letter, frequent ones first."""
        near = {
            term
            for leaf in self.leaves
            for term in leaf.terms_within("word", text, distance, prefix=1)
            if len(term) > 2
        }
        return sorted(near, key=lambda term: (-self.reader.doc_frequency("word", term), term))[:3]

    def _sounding(self, asked: list[Unit], strange: list[Unit]) -> list[Unit]:
        """Names that sound like the runs of Chinese in which some bigram is unknown."""
        made = []
        for run in rejoined([unit.text for unit in asked if unit.chinese]):
            if any(unit.text in run for unit in strange):
                sound = PINYIN + "".join(syllables(run))
                sounds = self._beginning("term", sound)[:OFFERED]
                if sounds:
                    made.append(Unit(run, tuple(_sounding_like(one, sound) for one in sounds)))
        return made


def _sounding_like(known: str, begun: str) -> Option:
    """A name by its pinyin; the less of it was typed, the less it counts."""
    return Option((known,), Kind.correction, known.removeprefix(PINYIN), len(begun) / len(known))
