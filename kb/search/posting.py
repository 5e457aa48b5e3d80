"""What the index says about one term in one document, as one number.

Whoosh keeps a single-precision number with every posting, which holds whole numbers up to 2^24 exactly. Its
upper ten bits say which fields hold the term, the lower fourteen how typical the term is of the entry. One
look-up of a term then says all about it.
"""

from __future__ import annotations

SHIFT = 14

MOST = (1 << SHIFT) - 1
"""What stands for 1 in the lower bits."""


def pack(fields: int, typical: float) -> int:
    """The number for a term that stands in `fields` (bit i for field i) and is `typical`, from 0 to 1."""
    return fields << SHIFT | round(min(1.0, max(0.0, typical)) * MOST)


def fields_of(posting: int) -> int:
    """The bits of the fields that hold the term."""
    return posting >> SHIFT


def typical_of(posting: int) -> float:
    """How typical the term is, from 0 to 1."""
    return (posting & MOST) / MOST
