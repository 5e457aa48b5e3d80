"""Whether a run was as its entry says: `Raw` → `Result`."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from kb.content.entry import Entry, Snippet
from kb.run import expected as compare
from kb.run import machine as device
from kb.run.result import Outcome, Result
from kb.run.workspace import Raw

if TYPE_CHECKING:
    from kb.run.process import Settings


def judge(entry: Entry, snippet: Snippet, raw: Raw, settings: Settings) -> Result:
    """Decide whether a run was as it should be."""
    outcome, reason = _verdict(snippet, raw, settings)
    return Result(
        entry=entry.id,
        snippet=snippet.name,
        outcome=outcome,
        reason=reason,
        exit_code=128 - raw.status if raw.status < 0 else raw.status,
        seconds=round(raw.seconds, 3),
        peak_memory=raw.maxrss,
        device=raw.device or _ranks(snippet),
        torch=raw.torch or device.torch_version(settings.python),
        stdout=raw.stdout,
        stderr=raw.stderr,
        error=raw.error,
        error_line=raw.line,
    )


def _verdict(snippet: Snippet, raw: Raw, settings: Settings) -> tuple[Outcome, str]:
    if raw.timed_out:
        return Outcome.timeout, f"took longer than {settings.timeout:g} s: give it more with --timeout"
    if raw.status < 0:
        return Outcome.failed, f"killed by {_signal_name(-raw.status)}"
    if snippet.raises:
        reason = _wrongly_raised(snippet.raises, raw)
    elif raw.status:
        reason = raw.error.split("\n")[0] or f"exit code {raw.status}"
    else:
        reason = ""
    if settings.strict and not reason:
        reason = _strictly(snippet, raw)
    return (Outcome.failed, reason) if reason else (Outcome.passed, "")


def _wrongly_raised(expected: str, raw: Raw) -> str:
    if not raw.status:
        return f"was to raise {expected}, but ended well"
    last = raw.error or "\n".join(raw.stderr.strip().splitlines()[-1:])
    return "" if compare.error_matches(expected, last) else f"was to raise {expected}, but raised {last}"


def _strictly(snippet: Snippet, raw: Raw) -> str:
    if not compare.output_matches(snippet.output, raw.stdout):
        return "printed something else than its entry says"
    warned = "" if snippet.raises else _warning(raw.stderr)
    return f"warned: {warned}" if warned else ""


def _warning(stderr: str) -> str:
    """The first line of a warning that went past Python's warning filters; torchrun's own aside."""
    for line in stderr.splitlines():
        if line.startswith("[W") or "Warning:" in line:
            return line
    return ""


def _ranks(snippet: Snippet) -> str:
    return f"{snippet.requires.ranks} ranks" if snippet.requires.ranks > 1 else ""


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
