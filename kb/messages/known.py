"""Which of the failures in a text, or which of its lines if it has none, a pattern explains."""

from __future__ import annotations

from collections.abc import Iterable

from kb.messages.failures import Failure, Line
from kb.messages.match import Explanation, PatternTable
from kb.messages.plain import flat

BEFORE, AFTER = 60, 10
"""Lines before and after a failure that may tell its cause, see `ErrorPattern.when`."""

CONDITIONAL = 200
"""Failures whose surroundings are looked at, from the last one backwards."""

LOGGED = 200_000
"""Characters of a log that are searched for known messages."""

SPECIFIC = 24
"""Fixed characters of a pattern that is looked for in what is not an exception."""


def last_known(
    table: PatternTable, failures: Iterable[Failure], lines: list[Line]
) -> tuple[Explanation, Failure] | None:
    """The first of the failures that a pattern explains; each distinct message is looked at once."""
    seen, looked = set(), 0
    for failure in failures:
        said = failure.type, failure.message
        if said in seen:
            continue
        seen.add(said)
        explanation = explanation_of(table, failure)
        if explanation and explanation.pattern.when:
            looked += 1
            if looked > CONDITIONAL:
                continue
            explanation = explanation_of(table, failure, near=_around(lines, failure.line))
        if explanation:
            return explanation, failure
    return None


def explanation_of(table: PatternTable, failure: Failure, near: str | None = None) -> Explanation | None:
    """What explains a failure, whose message a terminal may have wrapped in the midst of words."""
    found = table.explain(failure.text, near=near)
    if "\n" in failure.message:
        whole = table.explain(failure.unwrapped, near=near)
        if whole and (found is None or whole.parsed.weight > found.parsed.weight):
            return whole
    return found


def _around(lines: list[Line], place: int) -> str:
    """The lines around a failure: the frames above it, and what was said before and after."""
    return "\n".join(line for number, line in lines if place - BEFORE <= number <= place + AFTER)


def in_log(table: PatternTable, lines: list[Line], after: int) -> tuple[Explanation, Failure] | None:
    """A known message that stands in a line of a log behind the line `after`, not in an exception."""
    behind: list[tuple[int, str]] = []
    length = 0
    for number, line in reversed(lines):
        if number <= after or length > LOGGED:
            break
        if line.strip():
            behind.append((number, flat(line)))
            length += len(behind[-1][1]) + 1
    whole = " ".join(line for _, line in reversed(behind))[-LOGGED:].lstrip()
    best = max(
        table.heaviest(whole, least=SPECIFIC, near=whole), key=lambda one: one.match.start, default=None
    )
    end = len(whole)
    for number, line in behind if best else ():
        end -= len(line) + 1
        if best and end < best.match.start:
            return best, Failure("", line, number)
    return None
