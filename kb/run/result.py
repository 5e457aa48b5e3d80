"""What came of running a snippet."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Outcome(StrEnum):
    """How a snippet's run ended."""

    passed = "passed"
    failed = "failed"
    skipped = "skipped"
    timeout = "timeout"


class Result(Struct, frozen=True, kw_only=True):
    """One snippet, run once."""

    entry: str
    snippet: str
    outcome: Outcome
    reason: str = ""
    """Why it failed or was skipped, in one line; empty when it passed."""
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
    error: str = ""
    """The exception's type and message, if one escaped."""
    error_line: int = 0
    """The line of the code, counted from 1, where the exception arose; 0 when unknown."""
