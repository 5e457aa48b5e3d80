"""How typical each term is of an entry, learned from everything the entry says.

An entry's names and the phrases in which people ask for it are its examples, and its sentences are weaker
ones. Each example is a vector of its terms with length 1; their weighted sum, damped by a square root so that
many examples with the same word do not count as many words, is scaled to length 1 again. This is the
classifier by the nearest centroid (Rocchio), and nothing in it depends on other entries: rare terms count
more only when a question is compared with it, so that an entry in a folder of one's own is learned in the
same way as the built-in ones.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from kb.content.entry import Entry, Text
from kb.search.terms import text_terms

NAME, SNIPPET, SENTENCE = 1.0, 0.5, 0.15
"""What an example counts: a name or a phrase that is asked, the title of a snippet, a sentence."""

_SENTENCE_END = re.compile(r"(?<=[.?!])\s+|(?<=[。？！；])\s*")


def typical_terms(entry: Entry) -> dict[str, float]:
    """Each term of the examples of an entry, and how typical it is of it, from 0 to 1; the squares of all
    add up to 1."""
    sums: dict[str, float] = {}
    for text, weight in _examples(entry):
        counts = {term: 1 + math.log(count) for term, count in Counter(text_terms(text)).items()}
        length = math.hypot(*counts.values()) or 1.0
        for term, count in counts.items():
            sums[term] = sums.get(term, 0.0) + weight * count / length
    length = math.sqrt(sum(sums.values())) or 1.0
    return {term: math.sqrt(value) / length for term, value in sums.items()}


def _examples(entry: Entry) -> Iterator[tuple[str, float]]:
    """Texts that mean this entry, and what each counts."""
    names = (entry.id.replace("-", " "), *_both(entry.title), *entry.aliases, *entry.api, *entry.asked)
    yield from ((name, NAME) for name in names)
    titles = [text for snippet in entry.snippets if snippet.title for text in _both(snippet.title)]
    yield from ((title, SNIPPET) for title in titles)
    texts: list[Text] = [entry.summary, entry.explain, *entry.pitfalls]
    texts += [text for myth in entry.myths for text in (myth.said, myth.truth)]
    sentences = [sentence for text in texts for side in _both(text) for sentence in _SENTENCE_END.split(side)]
    sentences += [pattern.match for pattern in entry.error_patterns]
    yield from ((sentence, SENTENCE) for sentence in sentences)


def _both(text: Text) -> tuple[str, str]:
    return text.en, text.zh
