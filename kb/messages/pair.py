"""The snippets of an entry that break and mend what one of its patterns is about."""

from __future__ import annotations

from kb.content.entry import Entry, ErrorPattern, Snippet
from kb.messages.pattern import find, parse, prepare


def pair_of(entry: Entry, pattern: ErrorPattern) -> tuple[Snippet | None, Snippet | None]:
    """The pair that the pattern names; else the snippet that raises this message and its mended neighbor.
    Where there is none, an entry without an answer still shows any snippet that raises: most have one."""
    named = {snippet.name: snippet for snippet in entry.snippets}
    if pattern.pair:
        return named.get(pattern.pair[0]), named.get(pattern.pair[1])
    raising = [snippet for snippet in entry.snippets if snippet.raises]
    parsed = parse(pattern.match)
    wrong = next((one for one in raising if find(parsed, prepare(one.raises or ""))), None)
    if wrong is None and raising and not entry.answer:
        wrong = raising[0]
    return (wrong, mended(entry, wrong)) if wrong else (None, None)


def mended(entry: Entry, wrong: Snippet) -> Snippet | None:
    """The snippet that shows the right way of a wrong one: `right-x` for `wrong-x`; for plain `wrong`
    the entry's first snippet will do."""
    named = {snippet.name: snippet for snippet in entry.snippets}
    right = named.get(wrong.name.replace("wrong", "right", 1))
    if right is wrong or right is None:
        return entry.snippets[0] if wrong.name == "wrong" else None
    return right
