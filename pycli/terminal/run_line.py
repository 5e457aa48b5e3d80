"""The line that closes a run: how it ended, where, how long it took, and what it wrote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kb import Outcome, Result
from pycli.terminal.output import Screen

FILES_NAMED = 5
"""How many files the line names."""


def run_line(result: Result, screen: Screen, kept: Path | None = None) -> str:
    """The line; `kept` is the folder where what was written stays."""
    written = _written(result.files, kept)
    return " · ".join(map(screen.say, [*facts(result), *([written] if written else [])]))


def facts(result: Result) -> list[str]:
    """What the line says, the entry and the snippet first, but for the files that were written."""
    name = f"{result.entry}/{result.snippet}"
    if result.outcome is Outcome.skipped:
        return [f"{name} skipped: {result.reason}"]
    ended = f"exit {result.exit_code}" if result.outcome is Outcome.failed else result.outcome
    if result.outcome is Outcome.passed and result.exit_code:
        ended = "raised, as it should"
    told = [
        f"{name} {ended}" + (f" ({result.reason})" if result.reason else ""),
        result.device or "device unknown",
        f"torch {result.torch}" if result.torch else "",
        f"{result.seconds:.2f} s",
        f"peak {result.peak_memory / 2**20:.0f} MiB" if result.peak_memory else "",
    ]
    return [fact for fact in told if fact]


def _written(files: Sequence[str], kept: Path | None) -> str:
    """Which files the snippet wrote, and where they are; a throw-away folder is gone."""
    named = ", ".join(files[:FILES_NAMED]) + (", …" if len(files) > FILES_NAMED else "")
    if kept:
        return f"wrote {named}, kept in {kept}" if files else f"kept in {kept}"
    return f"wrote {named}, gone now; --keep keeps the files" if files else ""
