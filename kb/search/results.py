"""What goes into a search and what comes out: values, nothing else."""

from __future__ import annotations

from msgspec import Struct

from kb.content.entry import Head, Text


class Query(Struct, frozen=True, kw_only=True):
    """A question put to the library: free words and filters."""

    words: str
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    api: tuple[str, ...] = ()
    limit: int = 10


class Evidence(Struct, frozen=True):
    """Why an entry was found: which words matched in which of its fields."""

    field: str
    words: tuple[str, ...]


class Counted(Struct, frozen=True):
    """What one unit of a question added to a score."""

    unit: str
    said: str
    """The synonym, part, or correction that matched in its place; empty for the unit itself."""
    fields: tuple[str, ...]
    value: float


class Reasons(Struct, frozen=True):
    """Why a hit ranks where it does: (sum of values) × coverage² × (1 + gain of the name)."""

    counted: tuple[Counted, ...] = ()
    coverage: float = 0.0
    """The share of the question that the entry answers, rare words weighing more."""
    name: str = ""
    """The entry's name that is most like the question."""
    fit: float = 0.0
    """How like it is, from 0 to 1."""


NO_REASONS = Reasons()


class Hit(Struct, frozen=True, kw_only=True):
    """An entry found by a query. A hit is not an entry: it carries only what a result shows."""

    id: str
    title: Text
    summary: Text
    category: str
    tags: tuple[str, ...]
    score: float
    why: tuple[Evidence, ...]
    reasons: Reasons = NO_REASONS


class Found(Struct, frozen=True):
    """What a search comes back with."""

    hits: list[Hit]
    corrected: dict[str, tuple[str, ...]]
    """Words that no entry knows, and the known words that were searched for in their place."""
    suggestions: tuple[str, ...]
    """When there is no hit: what would have hit."""


def plain_hit(head: Head, score: float, why: tuple[Evidence, ...] = (), reasons: Reasons = NO_REASONS) -> Hit:
    """A hit made of what a result shows of an entry."""
    return Hit(
        id=head.id,
        title=head.title,
        summary=head.summary,
        category=head.category,
        tags=head.tags,
        score=round(score, 3),
        why=why,
        reasons=reasons,
    )
