"""How typical each term is of an entry, learned from examples of what the entry says.

An entry's names and the phrases in which people ask for it are its examples, and its sentences are weaker
ones. Each example becomes a vector of its terms with length 1. The square roots of their weighted sum, scaled
to length 1 again, say how typical each term is; the square root keeps a word that stands in many examples
from outweighing all others. This is a classifier by the nearest centroid (Rocchio). Nothing in it depends on
other entries, because how rare a term is enters only when a question is compared with it. An entry in a
user's own folder is therefore learned in the same way as a built-in one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from kb.search.terms import text_terms


def typical_terms(examples: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Each term of some texts, and how typical it is of them, from 0 to 1; the squares of all add up to 1.
    With each text comes what it counts."""
    sums: dict[str, float] = {}
    for text, weight in examples:
        counts = {term: 1 + math.log(count) for term, count in Counter(text_terms(text)).items()}
        length = math.hypot(*counts.values()) or 1.0
        for term, count in counts.items():
            sums[term] = sums.get(term, 0.0) + weight * count / length
    length = math.sqrt(sum(sums.values())) or 1.0
    return {term: math.sqrt(value) / length for term, value in sums.items()}
