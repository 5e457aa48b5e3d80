"""The numbers of the ranking, and how each was found."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from kb.search.units import Kind

FIELDS = ("id", "alias", "title", "asked", "api", "tag", "summary", "errors", "explain", "code")
"""What of an entry is searched. Bit i of a posting's value says that field i holds the term."""


class Weights(Struct, frozen=True, kw_only=True):
    """What each sign of a match counts. Most numbers were learned on the development half of the labeled
    queries (`benchmarks/search.py --learn`, November 2026) by changing one number at a time for as long
    as the mean reciprocal rank rose; the test half was never used. `name_likeness`, `learned`, `typical`,
    `wording`, `long`, and `links` were chosen by hand from a few values each, on one half of 470
    questions that other people collected (`--questions`). The other half was measured once, and nothing
    was chosen by it."""

    fields: Mapping[str, float] = MappingProxyType(
        {
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
    )
    """A term in each field: names say what an entry is about, prose only mentions."""
    kinds: Mapping[Kind, float] = MappingProxyType(
        {Kind.typed: 1.0, Kind.part: 0.6, Kind.synonym: 0.8, Kind.correction: 0.8}
    )
    """An option of each kind, compared with what was typed."""
    name_likeness: float = 6.0
    """How much an entry gains that has a name with just the words of the question."""
    coverage: float = 1.4
    """The power of the covered share: an entry with all words ranks above one that repeats a rare one."""
    boundary: float = 0.4
    """A Chinese bigram that no entry's names hold: mostly the boundary between two words."""
    prose: float = 0.5
    """A Chinese bigram that only sentences hold: how people ask, and summaries."""
    learned: float = 0.7
    """How much of a term's weight comes from how typical it is of the entry; the rest comes from the fields
    that hold it."""
    typical: float = 32.0
    """What a term counts whose typicality is 1, on the scale of the fields' weights."""
    wording: float = 0.7
    """How much of the score of a long question comes from its wording."""
    long: float = 2.0
    """A question of this many units counts as long; the wording of a shorter one counts less."""
    links: float = 0.2
    """How much an entry gains with the logarithm of the number of entries that refer to it: what many
    refer to is more often what somebody asks for."""
    few: int = 4
    """Fewer links than this count as this many, so that a new entry is not behind for having none yet."""
    noise: float = 0.02
    """Entries that score less than this share of the best are left out: they share a common word. Chosen
    by looking at results, not learned."""


LEARNED = Weights()
