"""How a run ended, in one line."""

from __future__ import annotations

from collections.abc import Callable

from kb import Outcome, Result


def facts(result: Result, said: Callable[[str], str], wrote: Callable[[str], str]) -> str:
    """How it ended, the device, torch, time, memory, and the files that it wrote."""
    name = f"{result.entry}/{result.snippet}"
    if result.outcome is Outcome.skipped:
        return said(f"{name} skipped: {result.reason}").removeprefix(name).lstrip()
    ended = f"exit {result.exit_code}" if result.outcome is Outcome.failed else str(result.outcome)
    if result.outcome is Outcome.passed and result.exit_code:
        ended = "raised, as it should"
    told = [
        f"{name} {ended}" + (f" ({result.reason})" if result.reason else ""),
        result.device or "device unknown",
        f"torch {result.torch}" if result.torch else "",
        f"{result.seconds:.2f} s",
        f"peak {result.peak_memory / 2**20:.0f} MiB" if result.peak_memory else "",
    ]
    shown = [said(fact).removeprefix(name).lstrip() for fact in told if fact]
    if result.files:
        shown.append(wrote(", ".join(result.files)))
    return " · ".join(shown)
