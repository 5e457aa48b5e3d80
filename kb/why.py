"""From an error to its entry: cause, meaning of its values, and the pair that breaks and mends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from kb.content.entry import Entry, ErrorPattern, Snippet, Text
from kb.errors import BadQuery
from kb.messages import pattern as message
from kb.messages.failures import Failure, cleaned, failures
from kb.messages.pattern import Match, flat
from kb.search.results import Hit

if TYPE_CHECKING:
    from kb.content.shelf import Shelf

GUESSES = 3
"""Entries offered when no pattern matches."""

SHORT = 2_000
"""A text up to this many characters may be a bare message, without the name of its exception."""

LOGGED = 200_000
"""Characters of a log that are searched for known messages."""

TELLING = 24
"""Fixed characters of a pattern that is looked for in what is not an exception."""

REMEMBERED = 16
"""Characters of a message that somebody has to remember."""

_VARYING = re.compile(r"0x[0-9a-fA-F]+|\S*/\S+|\[[\d, ]*\]|\b\d+(?:\.\d+)?\b|[\"'`<>(){}\[\]]")


class Diagnosis(Struct, frozen=True):
    """What an error means."""

    failure: Failure
    entry: Entry | None
    """The entry that explains this very message; None when there is none."""
    pattern: str = ""
    values: dict[str, str] = {}
    """What the message says where the pattern has a placeholder."""
    means: Text | None = None
    """The pattern's explanation, with the values put in."""
    wrong: Snippet | None = None
    right: Snippet | None = None
    guesses: tuple[Hit, ...] = ()
    """What a search for the message finds, when no entry explains it."""


class _Candidate(Struct, frozen=True):
    entry: Entry
    pattern: ErrorPattern
    match: Match
    weight: int


def diagnose(shelf: Shelf, text: str, certain: bool = False) -> Diagnosis | None:
    """Explain the error in a text; None if there is none.

    The last exception that an entry explains wins over those around it, and any exception over
    warnings. With `certain` the whole text is taken for a message even if it looks like none.
    """
    found = failures(text)
    bare = Failure("", text.strip(), 1)
    if not found and bare.message and len(text) <= SHORT:
        explained = explain(shelf, bare) or _recall(shelf, bare)
        if explained or certain:
            return explained or _guess(shelf, bare)
    errors = [failure for failure in found if not failure.warning]
    warnings = [failure for failure in found if failure.warning]
    for failure in (*reversed(errors), *reversed(warnings)):
        explained = explain(shelf, failure)
        if explained:
            return explained
    told = _explain_log(shelf, text, after=max((failure.line for failure in errors), default=0))
    if told or not found:
        return told
    raised = [failure for failure in errors if failure.type]
    return _guess(shelf, (raised or errors or warnings)[-1])


def _explain_log(shelf: Shelf, text: str, after: int) -> Diagnosis | None:
    """A known message that no exception brought: a line of a log behind the last exception."""
    lines = [(number, flat(line)) for number, line in cleaned(text) if number > after and line.strip()]
    whole = " ".join(line for _, line in lines)[-LOGGED:]
    candidates = [one for one in _candidates(shelf, whole) if one.weight >= TELLING]
    if not candidates:
        return None
    best = max(candidates, key=lambda one: (one.weight, one.match.start))
    end = len(whole)
    for number, line in reversed(lines):
        end -= len(line) + 1
        if end < best.match.start:
            return _explained(best, Failure("", line, number))
    return None


def explain(entries: Iterable[Entry], failure: Failure) -> Diagnosis | None:
    """The entry whose pattern fixes most of the message; None if no pattern matches."""
    text = failure.text
    candidates = list(_candidates(entries, text))
    if not candidates:
        return None
    return _explained(max(candidates, key=lambda one: (one.weight, -one.match.start)), failure)


def _recall(entries: Iterable[Entry], failure: Failure) -> Diagnosis | None:
    """The entry of which a pattern holds all that was typed: somebody remembers part of a message."""
    typed = flat(failure.message).casefold()
    if len(typed) < REMEMBERED:
        return None
    candidates = [
        _Candidate(entry, pattern, Match(0, {}), len(pattern.match))
        for entry in entries
        for pattern in entry.error_patterns
        if typed in flat(pattern.match).casefold()
    ]
    ids = {one.entry.id for one in candidates}
    return _explained(min(candidates, key=lambda one: one.weight), failure) if len(ids) == 1 else None


def _explained(best: _Candidate, failure: Failure) -> Diagnosis:
    wrong, right = _pair(best.entry, best.pattern)
    means = best.pattern.means
    known = best.match.values.keys() >= {*filter(None, message.compiled(best.pattern.match).names)}
    return Diagnosis(
        failure=failure,
        entry=best.entry,
        pattern=best.pattern.match,
        values=best.match.values,
        means=_filled(means, best.match.values) if means and known else None,
        wrong=wrong,
        right=right,
    )


def _candidates(entries: Iterable[Entry], text: str) -> Iterator[_Candidate]:
    for entry in entries:
        for pattern in entry.error_patterns:
            compiled = message.compiled(pattern.match)
            match = message.find(compiled, text)
            if match:
                yield _Candidate(entry, pattern, match, compiled.weight)


def _pair(entry: Entry, pattern: ErrorPattern) -> tuple[Snippet | None, Snippet | None]:
    """The snippet that raises this message, or else any of the entry, and its mended neighbour."""
    raising = [snippet for snippet in entry.snippets if snippet.raises]
    if not raising:
        return None, None
    compiled = message.compiled(pattern.match)
    wrong = next((one for one in raising if message.find(compiled, flat(one.raises or ""))), raising[0])
    return wrong, mended(entry, wrong)


def mended(entry: Entry, wrong: Snippet) -> Snippet | None:
    """The snippet that shows the right way of a wrong one: `right-x` for `wrong-x`; for plain `wrong`
    the entry's first snippet will do."""
    named = {snippet.name: snippet for snippet in entry.snippets}
    right = named.get(wrong.name.replace("wrong", "right", 1))
    if right is wrong or right is None:
        return entry.snippets[0] if wrong.name == "wrong" else None
    return right


def _filled(text: Text, values: dict[str, str]) -> Text:
    return Text(en=_fill(text.en, values), zh=_fill(text.zh, values))


def _fill(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), text)


def _guess(shelf: Shelf, failure: Failure) -> Diagnosis:
    """No entry knows the message: what a search for its words finds."""
    words = _VARYING.sub(" ", failure.text)[:300]
    try:
        hits = shelf.search(words)
    except BadQuery:
        hits = []
    return Diagnosis(failure, None, guesses=tuple(hits[:GUESSES]))
