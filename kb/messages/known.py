"""Which of the failures in a text, or which of its lines if it has none, a pattern explains."""

from __future__ import annotations

from collections.abc import Iterable

from kb.messages.failures import Failure, Line
from kb.messages.match import Explanation, PatternTable
from kb.messages.plain import flat

BEFORE, AFTER = 60, 25
"""Lines before and after a failure that may tell its cause, see `ErrorPattern.when`."""

CONDITIONAL = 200
"""Failures whose surroundings are looked at, from the last one backwards."""

LOGGED = 200_000
"""Characters of a log that are searched for known messages."""

SPECIFIC = 24
"""Fixed characters of a pattern that is looked for in what is not an exception."""

LAUNCHERS = ("ChildFailedError", "CalledProcessError")
"""Exceptions of launchers: a process has failed, and has printed its own reason further up."""

HARMLESS = ("FutureWarning", "DeprecationWarning")
"""Warnings about what will change some day, which explain no error."""


def by_likelihood(failures: Iterable[Failure]) -> list[Failure]:
    """Failures as they may be the cause: errors, the last one first; what launchers say of them; warnings."""
    latest = [*reversed([*failures])]
    warnings = [failure for failure in latest if failure.warning]
    launchers = [failure for failure in latest if failure.type.endswith(LAUNCHERS)]
    errors = [one for one in latest if not one.warning and not one.type.endswith(LAUNCHERS)]
    if errors or launchers:
        warnings = [failure for failure in warnings if not failure.type.endswith(HARMLESS)]
    return [*errors, *launchers, *warnings]


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


def in_log(
    table: PatternTable, lines: list[Line], last: Failure | None
) -> tuple[Explanation, Failure] | None:
    """A known message that stands in a line of a log and not in an exception: behind the last failure, or
    else not far above it."""
    if last is None:
        return _in_log(table, lines, after=0)
    before = [(number, line) for number, line in lines if number < last.line and not _is_harmless(line)]
    return _in_log(table, lines, after=last.line) or _in_log(table, before, after=last.line - BEFORE)


def _is_harmless(line: str) -> bool:
    return any(f"{name}: " in line for name in HARMLESS)


def _in_log(table: PatternTable, lines: list[Line], after: int) -> tuple[Explanation, Failure] | None:
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
