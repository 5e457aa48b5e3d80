"""The snippets of an entry that break and mend what one of its patterns is about, and the lines in which they
differ."""

from __future__ import annotations

import ast
import difflib

from kb.content.entry import Entry, ErrorPattern, Snippet
from kb.messages.pattern import find, parse, prepare

NO_MEND = ("#", "import ", "from ", "def ", "class ")
"""How lines begin that mend nothing by themselves."""

ALIKE = 0.5
"""Share of equal lines from which on the code that breaks and the code that mends it differ by changes."""


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


def changes(wrong: Snippet | None, right: Snippet | None) -> tuple[str, str] | None:
    """The code of a pair, without what only checks it; None if the two are not much alike."""
    if wrong is None or right is None:
        return None
    before, after = without_checks(wrong.code), without_checks(right.code)
    likeness = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines()).ratio()
    return (before, after) if likeness >= ALIKE else None


def example(entry: Entry, changed: tuple[str, str] | None) -> str:
    """The first line that mends a message: of the pair that is about this very message, or of the answer if
    the entry is about no other message. Empty if neither is there, or if only a whole program shows it."""
    added = _first_added(*changed) if changed else ""
    if added or len(entry.error_patterns) != 1:
        return added
    lines = (line.split("  #")[0].strip() for line in entry.answer.splitlines())
    answer = next((" ".join(line.split()) for line in lines if line and not line.startswith(NO_MEND)), "")
    return "" if answer.endswith(":") else answer.rstrip(",")


def _first_added(before: str, after: str) -> str:
    compared = difflib.ndiff(before.splitlines(), after.splitlines())
    added = (line[2:].strip() for line in compared if line.startswith("+ "))
    return next((line.rstrip(",") for line in added if line and not line.startswith(NO_MEND)), "")


def without_checks(code: str) -> str:
    """Code without its asserts, and without what stands there for them alone."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return code
    lines: list[str | None] = [*code.splitlines()]
    for statement in ast.walk(tree):
        if isinstance(statement, ast.stmt) and _checks(statement):
            end = statement.end_lineno or statement.lineno
            lines[statement.lineno - 1 : end] = [None] * (end - statement.lineno + 1)
    kept = [line for line in lines if line is not None]
    while kept and not kept[-1].strip():
        kept.pop()
    return "\n".join(kept) + "\n"


def _checks(statement: ast.stmt) -> bool:
    """Whether a statement does nothing but compare results with what is expected."""
    if isinstance(statement, ast.For | ast.With):
        return all(map(_checks, statement.body))
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        called = ast.unparse(statement.value.func)
        return called.rpartition(".")[2].startswith("assert_")
    return isinstance(statement, ast.Assert)
