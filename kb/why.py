"""From an error to its entry: the cause, what the values in the message mean, and a pair of snippets."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from kb.content.entry import Entry, Snippet, Text
from kb.errors import BadQuery
from kb.messages.failures import Failure, failures_in, visible_lines
from kb.messages.fix import fix
from kb.messages.frames import Frame, own_frame
from kb.messages.known import by_likelihood, explanation_of, in_log, last_known
from kb.messages.match import Explanation, table_of
from kb.messages.pair import changes, example, pair_of, without_checks
from kb.messages.seen import Seen, nearest

if TYPE_CHECKING:
    from kb.content.shelf import Shelf
    from kb.search.results import Hit

GUESSES = 3
"""Entries offered when no pattern matches."""

WORDED, NAMED = 0.1, 0.5
"""An entry is offered for a message if `wording` is at least the first number, or `coverage` times
`likeness` the second, see `kb.search.results.Explanation`. Both were chosen on messages that no entry
explains: of 180 by other programs 45 still get an offer (161 without this), of 109 that PyTorch's users meet
81."""

SHORT = 2_000
"""A text up to this many characters may be a bare message, without the name of its exception."""

SHORT_LINES = 3
"""Lines of a bare message that no pattern matches."""

SEARCHED = 300
"""Characters of an unknown message that are searched for."""

_VARYING = re.compile(r"0x[0-9a-fA-F]+|\S*/\S+|\[[\d, ]*\]|\b\d+(?:\.\d+)?\b|[\"'`<>(){}\[\]]")
_PACKAGE = re.compile(r"\b(?:from|module|module named) '(\w+)")
"""The package that an import, or an attribute of a module, failed for."""
_COMPLAINS = re.compile(
    r"""\b(?: errors? | fail(?:s|ed|ure)? | fault | exceptions? | abort(?:s|ed)? | killed | crash(?:es|ed)?
    | cannot | can't | could\snot | couldn't | unable | must | should
    | (?: does | do | is | are | was | has | have ) (?: \snot | n't )
    | expect(?:s|ed) | invalid | illegal | unexpected | unknown | un\w+ed | missing | mismatch(?:es|ed)?
    | in(?:compatible|consistent|correct) | wrong | corrupt(?:ed)? | no\ssuch | denied | refused
    | not\s(?: a | an | in | be | found | \w+ed | allowed | available | enough | compatible | valid )
    | tim(?:ed\s|e)out | out\sof | too\s\w+ | exceeds | only\s\w+s | requires? | deprecated )\b""",
    re.VERBOSE | re.IGNORECASE,
)
"""Words with which messages of errors complain and ordinary output seldom does."""


class Diagnosis(Struct, frozen=True):
    """What an error means."""

    failure: Failure
    entry: Entry | None
    """The entry that explains this very message; None if there is none."""
    pattern: str = ""
    """The entry's pattern that matches the message; empty without an entry."""
    values: dict[str, str] = {}
    """What the message says where the pattern has a named placeholder."""
    means: Text | None = None
    """The pattern's explanation, with the values put in."""
    wrong: Snippet | None = None
    """The snippet of the entry that raises this message, or one like it."""
    right: Snippet | None = None
    """The snippet that does the same without an error."""
    guesses: tuple[Hit, ...] = ()
    """What a search for the message finds, if no entry explains it."""
    frame: Frame | None = None
    """The line of the reader's own code that led to it, if a traceback names one."""
    seen: Seen | None = None
    """What stood on that line, if the program was watched."""
    fix: str = ""
    """The line that mends it, in the program's own names and numbers, if they are known."""

    @property
    def changes(self) -> tuple[str, str] | None:
        """The code that raises this message and the code that does the same without an error, if one can be
        read as a change of the other."""
        return changes(self.wrong, self.right)

    @property
    def example(self) -> str:
        """A line of the entry that mends this message, in the entry's names; empty if no single line does."""
        return example(self.entry, self.changes) if self.entry else ""

    @property
    def code(self) -> str:
        """The code of the entry that works: its answer, or else a snippet."""
        if self.entry is None:
            return ""
        return self.entry.answer or without_checks((self.right or self.entry.snippets[0]).code)

    def as_dict(self) -> dict[str, Any]:
        """The diagnosis in plain values, with ids and names in the place of entries and snippets."""
        return {
            "type": self.failure.type,
            "message": self.failure.message,
            "line": self.failure.line,
            "entry": self.entry.id if self.entry else None,
            "pattern": self.pattern,
            "values": self.values,
            "means": self.means,
            "wrong": self.wrong.name if self.wrong else None,
            "right": self.right.name if self.right else None,
            "guesses": self.guesses,
            "frame": self.frame,
            "seen": self.seen,
            "fix": self.fix,
        }


def diagnose(
    shelf: Shelf,
    text: str,
    certain: bool = False,
    frames: Sequence[Seen] = (),
    *,
    guess: Callable[[str], list[Hit]],
) -> Diagnosis | None:
    """Explain the error in a text; None if the text reports no error. See `_diagnosed` for how; `frames` is
    what the program saw on the lines of its tracebacks."""
    found = _diagnosed(shelf, text, certain, guess)
    seen = nearest(frames, found.frame, found.failure.message) if found else None
    if found is None or seen is None:
        return found
    frame = found.frame or Frame(seen.path, seen.line)
    return replace(found, frame=frame, seen=seen, fix=fix(found.failure.text, seen))


def _diagnosed(shelf: Shelf, text: str, certain: bool, guess: Callable[[str], list[Hit]]) -> Diagnosis | None:
    """Explain the error in a text; None if the text reports no error.

    The last exception that an entry explains wins over those around it, and any exception over those of
    launchers and over warnings. With `certain` the whole text is taken for a message even if it looks like
    none. `guess` searches for the words of a message that no entry explains; it may raise BadQuery.
    """
    table = table_of(shelf)
    lines = list(visible_lines(text))
    found = failures_in(lines)
    if not found and text.strip() and len(text) <= SHORT:
        bare = Failure("", "\n".join(line.rstrip() for _, line in lines).strip(), 1)
        told = explanation_of(table, bare, near=text) or table.recall(bare.message)
        if told:
            return _explained(shelf, told, bare, None)
        if certain or _complains(bare.message):
            return _guess(bare, guess)
    likely = by_likelihood(found)
    errors = [failure for failure in likely if not failure.warning]
    known = last_known(table, likely, lines) or in_log(
        table, lines, max(errors, key=lambda failure: failure.line, default=None)
    )
    last = next(iter([failure for failure in errors if failure.type] or likely), None)
    if known is None and last and len(text) <= SHORT and (told := table.recall(last.message)):
        known = told, last
    if known:
        return _explained(shelf, *known, own_frame(lines, known[1].line))
    if last is None:
        return None
    return _guess(last, guess, own_frame(lines, last.line))


def _complains(message: str) -> bool:
    """Whether a text that no pattern matches may be a message of an error, and not ordinary output."""
    return len(message.splitlines()) <= SHORT_LINES and _COMPLAINS.search(message) is not None


def _explained(shelf: Shelf, explanation: Explanation, failure: Failure, frame: Frame | None) -> Diagnosis:
    entry, pattern = shelf.entry(explanation.id), explanation.pattern
    wrong, right = pair_of(entry, pattern)
    values = explanation.values
    return Diagnosis(
        failure=failure,
        entry=entry,
        pattern=pattern.match,
        values=values,
        means=_filled(pattern.means, values) if pattern.means and explanation.complete else None,
        wrong=wrong,
        right=right,
        frame=frame,
    )


def _filled(text: Text, values: dict[str, str]) -> Text:
    return Text(en=_fill(text.en, values), zh=_fill(text.zh, values))


def _fill(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), text)


def _guess(failure: Failure, guess: Callable[[str], list[Hit]], frame: Frame | None = None) -> Diagnosis:
    """A diagnosis without an entry: what a search for the words of the message finds, unless it is about
    another package than torch."""
    words = _VARYING.sub(" ", failure.text)[:SEARCHED]
    package = _PACKAGE.search(failure.text)
    try:
        hits = guess(words) if not package or package[1].startswith("torch") else []
    except BadQuery:
        hits = []
    return Diagnosis(failure, None, guesses=tuple([*filter(_close, hits)][:GUESSES]), frame=frame)


def _close(hit: Hit) -> bool:
    """Whether a hit is close enough to a message to be offered."""
    how = hit.explanation
    return not how.contributions or how.wording >= WORDED or how.coverage * how.likeness >= NAMED
