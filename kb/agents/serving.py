"""Serving agents, if the packages for it are there."""

from __future__ import annotations

from kb.errors import MissingExtra
from kb.run.settings import Settings


def serve(settings: Settings, may_run: bool = True) -> None:
    """Answer the agent on stdin and stdout until it hangs up; whatever still runs is ended then.

    Nothing else in this process can read stdin or write to stdout meanwhile. An exception that a handler of
    a signal raises ends it as well, and is passed on. Raises MissingExtra without the extra `mcp`.
    """
    try:
        from kb.agents import stdio
    except ModuleNotFoundError as error:
        raise MissingExtra("ptnote mcp", "mcp") from error
    stdio.serve(settings, may_run)
