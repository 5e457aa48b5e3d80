"""Phrases that mean the same, in either language: from `synonyms.yaml` of the built-in entries, and from the
table of what the mainland calls the words of Taiwan."""

from __future__ import annotations

from kb.content import tables
from kb.content.cache import Store
from kb.text import taiwan
from kb.text.fold import fold

Synonyms = dict[str, tuple[str, ...]]
"""A normalized phrase to the other phrases of its group."""


def load(store: Store | None = None) -> Synonyms:
    """The synonyms of the built-in entries, kept in `store`, by default theirs. Raises BadFile."""
    return tables.table("synonyms.yaml", list[list[str]], Synonyms, _by_phrase, store)


def normalize_phrase(phrase: str) -> str:
    """A phrase as it is looked up: folded, in lower case, its words separated by single spaces."""
    return " ".join(fold(phrase).lower().replace("_", " ").replace("-", " ").split())


def _by_phrase(groups: list[list[str]]) -> Synonyms:
    found: dict[str, dict[str, None]] = {}
    for group in groups:
        phrases = list(dict.fromkeys(map(normalize_phrase, group)))
        for phrase in phrases:
            others = found.setdefault(phrase, {})
            others.update(dict.fromkeys(other for other in phrases if other != phrase))
    for word, meaning in taiwan.meanings().items():
        group = [meaning, *found.get(meaning, {})]
        for phrase in group:
            found.setdefault(phrase, {})[word] = None
        found.setdefault(word, {}).update(dict.fromkeys(group))
    return {phrase: tuple(others) for phrase, others in found.items()}
