"""What comes out of a search: values, nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from kb.content.entry import Head, Text


class Evidence(Struct, frozen=True):
    """Why an entry was found: which words stand in which of its fields."""

    field: str
    words: tuple[str, ...]
    """As the entry has them: a synonym or a correction of what was asked, where that is what it says."""


class Contribution(Struct, frozen=True):
    """What one unit of a question added to a score."""

    unit: str
    said: str
    """The synonym, part, or correction that matched in its place; empty for the unit itself."""
    fields: tuple[str, ...]
    value: float
    typical: float = 0.0
    """How typical its terms are of the entry, from 0 to 1."""


class Explanation(Struct, frozen=True):
    """How a score came about: the sum of the contributions, multiplied by a power of the coverage and raised
    by the likeness of the name. The longer the question is, the less of that counts, up to a limit, and the
    more `gained` counts, which the wording of the whole question adds. At last all of it is `raised`."""

    contributions: tuple[Contribution, ...] = ()
    coverage: float = 0.0
    """The share of the question that the entry answers, from 0 to 1; rare words weigh more."""
    name: str = ""
    """The entry's name that is most like the question."""
    likeness: float = 0.0
    """How like it is, from 0 to 1."""
    wording: float = 0.0
    """How typical the whole question is of the entry, stop words included, from 0 to 1."""
    gained: float = 0.0
    """What the wording adds to the score."""
    raised: float = 1.0
    """What all of it is multiplied by, because other entries refer to this one."""


UNRANKED = Explanation()

ATYPICAL, UNNAMED = 0.07, 0.4
"""A hit is doubtful if the question's wording is less typical of it than the first number, and its coverage
times its likeness is less than the second. Both were chosen on 236 questions that people asked: 21 have such
a first hit, of which 11 are answered by no entry, and 2 of these first hits are right."""


class Hit(Struct, frozen=True, kw_only=True):
    """An entry found by a query. A hit is not an entry: it carries only what a result shows."""

    id: str
    title: Text
    summary: Text
    category: str
    tags: tuple[str, ...]
    score: float
    why: tuple[Evidence, ...]
    explanation: Explanation = UNRANKED

    @property
    def doubtful(self) -> bool:
        """Whether the question is neither worded as people ask for this entry nor like a name of it."""
        if any(why.field in ("name", "message") for why in self.why):
            return False
        how = self.explanation
        unlike = how.wording < ATYPICAL and how.coverage * how.likeness < UNNAMED
        return bool(how.contributions) and unlike


class Found(Struct, frozen=True):
    """What a search comes back with. Iterating over it gives the hits."""

    hits: list[Hit]
    """Best first."""
    corrections: dict[str, tuple[str, ...]] = {}
    """Words that no entry knows, and the known words that were searched for in their place."""
    suggestions: tuple[str, ...] = ()
    """Ids of entries with a similar name, when there is no hit."""
    searched: str = ""
    """What was searched for, if the query was too long to be searched for as a whole."""

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def __len__(self) -> int:
        return len(self.hits)


def make_hit(
    head: Head, score: float, why: tuple[Evidence, ...] = (), explanation: Explanation = UNRANKED
) -> Hit:
    """A hit made of what a result shows of an entry."""
    return Hit(
        id=head.id,
        title=head.title,
        summary=head.summary,
        category=head.category,
        tags=head.tags,
        score=round(score, 3),
        why=why,
        explanation=explanation,
    )
