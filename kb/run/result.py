"""What came of running a snippet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path

from msgspec import Struct, structs

from kb.errors import BadFile


class Outcome(StrEnum):
    """How a snippet's run ended."""

    passed = "passed"
    failed = "failed"
    skipped = "skipped"
    timeout = "timeout"


class Cause(StrEnum):
    """Why a run did not pass. `reason` says the same to a reader; programs decide by the cause."""

    none = "none"
    """It passed."""
    raised = "raised"
    """An exception escaped that the entry does not expect."""
    exit_code = "exit_code"
    """It ended with an exit code other than 0, without an exception."""
    signal = "signal"
    """A signal ended it."""
    timeout = "timeout"
    """It took too long and was ended."""
    output = "output"
    """It printed something else than its entry says, and nothing else was wrong."""
    warning = "warning"
    """It caused a warning."""
    no_error = "no_error"
    """It ended well although its entry expects an exception."""
    wrong_error = "wrong_error"
    """It raised another exception than its entry expects."""
    torch = "torch"
    """Skipped: the interpreter has no torch."""
    min_torch = "min_torch"
    """Skipped: torch is too old."""
    package = "package"
    """Skipped: a package is missing."""
    device = "device"
    """Skipped: a device is missing, or another one was asked for."""
    stopped = "stopped"
    """Skipped, or ended early, because whoever asked for it no longer needs the result."""


class Proved(Struct, frozen=True):
    """One proof, run once."""

    name: str
    says: str
    """The statement that it proves."""
    outcome: Outcome
    reason: str = ""
    """Why it failed or was skipped, in one line; empty when it passed."""
    line: int = 0
    """The line of the proofs file to look at, counted from 1."""
    trace: str = ""
    """The traceback, without its first line, of a proof that failed."""


class Result(Struct, frozen=True, kw_only=True):
    """One snippet, run once, and the proofs that were run after it."""

    entry: str
    snippet: str
    """Empty for proofs that are not about one snippet alone."""
    outcome: Outcome
    cause: Cause = Cause.none
    reason: str = ""
    """Why it failed or was skipped, in one line; empty when it passed."""
    path: str = ""
    """The entry's file."""
    line: int = 0
    """The line of that file to look at, counted from 1: where the exception arose, else where the code
    of the snippet begins."""
    exit_code: int = 0
    """The child's exit code; 128 + n when signal n ended it."""
    seconds: float = 0.0
    """Wall time of the child."""
    peak_memory: int = 0
    """Largest resident set of the child, in bytes."""
    device: str = ""
    """The accelerator that held tensors of the snippet, else cpu."""
    torch: str = ""
    """Version of torch that ran it."""
    stdout: str = ""
    stderr: str = ""
    diff: str = ""
    """Unified diff of the expected and the actual output, if that is the cause."""
    error: str = ""
    """The exception's type and message, if one escaped."""
    error_line: int = 0
    """The line of the code, counted from 1, where the exception arose; 0 when unknown."""
    fallback: str = ""
    """Why a pool ran it in a process of its own instead of a fork; empty for a fork."""
    proofs: tuple[Proved, ...] = ()
    files: tuple[str, ...] = ()
    """Files that it left in its working folder, at most 20; a throw-away folder is gone by now."""

    @property
    def failed(self) -> bool:
        """Whether the snippet or a proof did not do what the entry says."""
        bad = (Outcome.failed, Outcome.timeout)
        return self.outcome in bad or any(proof.outcome in bad for proof in self.proofs)


def settle(results: Iterable[Result]) -> tuple[list[Result], dict[str, dict[str, str]]]:
    """Accept what was printed wherever nothing but the output was wrong.

    The results as they are then, and for each entry id what its snippets, by name, printed.
    """
    settled: list[Result] = []
    outputs: dict[str, dict[str, str]] = {}
    for result in results:
        if result.cause is Cause.output:
            outputs.setdefault(result.entry, {})[result.snippet] = result.stdout
            result = structs.replace(  # noqa: PLW2901 - the same result, accepted
                result, outcome=Outcome.passed, cause=Cause.none, reason="", diff=""
            )
        settled.append(result)
    return settled, outputs


def accept(
    results: Iterable[Result],
    place: Callable[[str], Path],
    write: Callable[[Path, dict[str, str]], bool],
    refused: Callable[[BadFile], None] | None = None,
) -> tuple[list[Result], list[Path]]:
    """Have what was printed written, entry by entry, wherever nothing but the output was wrong.

    `place` gives the file of an entry id; `write` gets the file and what its snippets, by name, printed,
    and says whether that changed it. The results as they are then, and the changed files. An entry whose
    file is refused with BadFile keeps its results, and `refused` is told; without it BadFile is raised.
    """
    before = list(results)
    settled, outputs = settle(before)
    changed: list[Path] = []
    failed: set[str] = set()
    for id, printed in outputs.items():
        try:
            path = place(id)
            if write(path, printed):
                changed.append(path)
        except BadFile as error:
            if refused is None:
                raise
            refused(error)
            failed.add(id)
    pairs = zip(before, settled, strict=True)
    return [old if old.entry in failed else new for old, new in pairs], changed
