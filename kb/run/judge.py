"""Whether a run was as its entry says: `Raw` → `Result`."""

from __future__ import annotations

import errno
import signal

from msgspec import structs

from kb.content.entry import Entry, Proof, Snippet
from kb.run import expected as compare
from kb.run import machine, torch
from kb.run.proving import judge_proofs
from kb.run.result import Cause, Outcome, Proved, Result
from kb.run.settings import GB, Settings
from kb.run.workspace import FILE_LIMIT, Raw

STDERR_END = 4096
"""Characters at the end of stderr that say why a process ended."""


def judge(
    entry: Entry, snippet: Snippet, raw: Raw, settings: Settings, proofs: tuple[Proof, ...] = ()
) -> Result:
    """Decide whether a run was as it should be, and each of the proofs that followed it."""
    stopped = ""
    if raw.proving:  # the snippet itself had ended before
        stopped = _verdict(Snippet(name="", code=""), raw, settings)[1] or "it ended the process"
        raw = structs.replace(raw, status=raw.code, timed_out=False)
    cause, reason = _verdict(snippet, raw, settings)
    first = _first_line(entry, snippet)
    return Result(
        entry=entry.id,
        snippet=snippet.name,
        outcome=_outcome(cause),
        cause=cause,
        reason=reason,
        path=entry.path,
        line=first and first + max(raw.line - 1, 0),
        exit_code=128 - raw.status if raw.status < 0 else raw.status,
        seconds=round(raw.seconds, 3),
        peak_memory=raw.maxrss,
        device=raw.device or _ranks(snippet),
        torch=raw.torch or machine.torch_version(settings.python),
        stdout=raw.stdout,
        stderr=raw.stderr,
        diff=compare.diff(snippet.output, raw.stdout) if cause is Cause.output else "",
        error=raw.error,
        error_line=raw.line,
        files=raw.files,
        proofs=judge_proofs(proofs, raw.proofs, stopped, "its snippet failed"),
    )


def skipped(
    entry: Entry, snippet: Snippet, cause: Cause, reason: str, proofs: tuple[Proof, ...] = ()
) -> Result:
    """The result of a snippet that was not run, or not to its end."""
    return Result(
        entry=entry.id,
        snippet=snippet.name,
        outcome=Outcome.skipped,
        cause=cause,
        reason=reason,
        path=entry.path,
        line=_first_line(entry, snippet),
        proofs=tuple(Proved(proof.name, proof.says, Outcome.skipped, reason, proof.line) for proof in proofs),
    )


def _first_line(entry: Entry, snippet: Snippet) -> int:
    """The line of the file where the code begins; 0 for a snippet that the entry does not have, a mutant
    for example."""
    known = any(one.name == snippet.name for one in entry.snippets)
    return entry.code_line(snippet) if known else 0


def _outcome(cause: Cause) -> Outcome:
    return {Cause.none: Outcome.passed, Cause.timeout: Outcome.timeout}.get(cause, Outcome.failed)


def _verdict(snippet: Snippet, raw: Raw, settings: Settings) -> tuple[Cause, str]:
    if raw.timed_out:
        return Cause.timeout, f"took longer than {settings.timeout:g} s: give it more with --timeout"
    if raw.status < 0:
        return Cause.signal, f"killed by {_signal_name(-raw.status)}{_want(raw, settings)}"
    if snippet.raises:
        cause, reason = _wrongly_raised(snippet.raises, raw)
    else:
        cause, reason = _ended_badly(raw)
        reason = reason.rstrip(": ") + _want(raw, settings) if reason else ""
    if cause is Cause.none and settings.strict:
        cause, reason = _strictly(snippet, raw)
    return cause, reason


def _want(raw: Raw, settings: Settings) -> str:
    """What a run that ended badly seems to have lacked."""
    if raw.full:
        return f"; no space is left in {raw.full}: free some, or set TMPDIR to another folder"
    told = f"{raw.error}\n{raw.stderr[-STDERR_END:]}"
    if raw.error.startswith("MemoryError") or any(text in told for text in torch.OUT_OF_MEMORY):
        allowed = f", it may have {settings.memory / GB:g} GB" if settings.memory else ""
        return f"; out of memory{allowed}: give it more with --memory"
    if raw.status == -signal.SIGKILL:
        return "; the system does that when its memory is used up, or the snippet did it"
    if raw.error.startswith(f"OSError: [Errno {errno.EFBIG}]"):
        return f"; a file may have {FILE_LIMIT >> 30} GiB"
    return ""


def _ended_badly(raw: Raw) -> tuple[Cause, str]:
    if not raw.status:
        return Cause.none, ""
    if not raw.error:
        return Cause.exit_code, f"exit code {raw.status}"
    return Cause.warning if raw.warned else Cause.raised, raw.error.split("\n")[0]


def _wrongly_raised(expected: str, raw: Raw) -> tuple[Cause, str]:
    if not raw.status:
        return Cause.no_error, f"was to raise {expected}, but ended well"
    last = raw.error or "\n".join(raw.stderr.strip().splitlines()[-1:])
    if compare.error_matches(expected, last):
        return Cause.none, ""
    return Cause.wrong_error, f"was to raise {expected}, but raised {last}"


def _strictly(snippet: Snippet, raw: Raw) -> tuple[Cause, str]:
    """What a test demands beyond that it ends as it should. The output comes last, because a result with
    another output may be accepted, and then nothing else may be wrong with it."""
    warned = "" if snippet.raises else next(filter(torch.is_warning, raw.stderr.splitlines()), "")
    if warned:
        return Cause.warning, f"warned: {warned}"
    if not compare.output_matches(snippet.output, raw.stdout):
        return Cause.output, "printed something else than its entry says"
    return Cause.none, ""


def _ranks(snippet: Snippet) -> str:
    return f"{snippet.requires.ranks} ranks" if snippet.requires.ranks > 1 else ""


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
