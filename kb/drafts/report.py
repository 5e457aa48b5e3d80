"""What came of importing notes: values, nothing else."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

from msgspec import Struct

from kb.content.problem import Problem


class Verdict(StrEnum):
    """What came of one block of code. Each block has exactly one verdict."""

    runs = "runs"
    outdated = "outdated"
    """It uses what torch has deprecated or removed, which may be why it stops."""
    fails = "fails"
    incomplete = "incomplete"
    """It uses names that nothing before it in its section defines."""
    blocked = "blocked"
    """It needs names of an earlier block that does not run."""
    package = "package"
    """It needs a package, or another module, that is not installed."""
    device = "device"
    """It needs an accelerator that torch does not find here."""
    syntax = "syntax"
    """It is meant as Python and does not parse."""
    other = "other"
    """It is not Python: commands of a shell, output, text, or another language."""
    secret = "secret"  # noqa: S105
    """It holds what looks like a secret, so it was neither run nor written."""
    not_run = "not_run"
    """It parses and was not run: nobody wanted that, or there is no torch."""


class Replaced(Struct, frozen=True):
    """A use of something that torch, or a package beside it, has deprecated or removed."""

    line: int
    """Where, in the file of the note."""
    name: str
    """What is used; empty if only a warning of the run tells of it."""
    instead: str
    """What takes its place, or what the warning says."""
    removed: bool = False
    """Whether it is gone, and not only deprecated."""


class Secret(Struct, frozen=True):
    """Where something stands that looks like a secret. Its value is kept nowhere."""

    line: int
    kind: str


class BlockReport(Struct, frozen=True, kw_only=True):
    """What is to be said of one block of code of a note."""

    line: int
    """Where it begins in the file, counted from 1: the line of its fence if it has one."""
    end: int
    """Its last line."""
    section: str
    """The title of the heading that it stands below."""
    language: str
    """python, shell, output, text, or what the fence says."""
    verdict: Verdict
    reason: str = ""
    """Why, in one line; empty if it runs and needs no more than itself."""
    at: int = 0
    """The line of the file that the reason is about; 0 if it is about the whole block."""
    names: tuple[str, ...] = ()
    """The names that nothing defines, or the packages that are missing."""
    replaced: tuple[Replaced, ...] = ()
    explained: str = ""
    """The id of the entry that explains the error."""
    uses: tuple[int, ...] = ()
    """The lines of the earlier blocks that were put before it, because it uses names of theirs."""
    added: tuple[str, ...] = ()
    """The import statements that were put before it."""
    answered: str = ""
    """The id of an entry that answers what this block is about."""
    draft: str = ""
    """The id of the draft that holds it; empty if none does."""
    snippet: str = ""
    """The name of the snippet; empty if the draft holds it as text."""
    unclosed: bool = False
    """Whether its fence is never closed, so that it reaches to the end of what holds it."""


class Draft(Struct, frozen=True, kw_only=True):
    """An entry made of a section of a note."""

    id: str
    category: str
    path: str
    title: str
    line: int
    """Of the heading."""
    state: str
    """written; replaced, with `force`; unchanged, if the file held the same; kept, if it held something else;
    too_large, if no entry may have so much."""
    tags: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    """Ids of entries that answer what the section is about."""
    problems: tuple[Problem, ...] = ()
    """What `ptnote check` demands of it."""


class Left(Struct, frozen=True):
    """A section that became no draft, because it has text and no Python."""

    line: int
    title: str


class NoteReport(Struct, frozen=True, kw_only=True):
    """What came of one file."""

    path: str
    blocks: tuple[BlockReport, ...] = ()
    drafts: tuple[Draft, ...] = ()
    left: tuple[Left, ...] = ()
    """Sections without Python."""
    secrets: tuple[Secret, ...] = ()
    """Every line that was left out, in code and in text."""


class ImportReport(Struct, frozen=True):
    """What came of importing notes."""

    notes: tuple[NoteReport, ...]
    notices: tuple[str, ...] = ()
    """What went another way than planned, one line each."""

    @property
    def total(self) -> int:
        """How many blocks of code the notes have."""
        return sum(len(note.blocks) for note in self.notes)

    @property
    def totals(self) -> dict[str, int]:
        """How many blocks have each verdict that occurs; together they are all blocks of the notes."""
        counts = Counter(block.verdict for note in self.notes for block in note.blocks)
        return {verdict.value: counts[verdict] for verdict in Verdict if counts[verdict]}
