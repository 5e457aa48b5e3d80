"""The question whether code that did not come with ptnote may run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import click

from kb import visible
from kb.errors import KbError, Untrusted
from pycli.terminal.output import Screen

Made = TypeVar("Made")


class NothingRun(KbError):
    """The user does not agree to the code."""


def asked_once(act: Callable[[bool], Made], screen: Screen, agreed: bool, shown: bool = False) -> Made:
    """What `act` returns, which runs code and is told whether the user agrees to it. On a terminal they are
    asked if they have to be; `shown` says that the code stands on the screen already.

    Raises Untrusted if nobody can be asked, and NothingRun for a no.
    """
    try:
        return act(agreed)
    except Untrusted as error:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        if not shown:
            click.echo(visible(error.code), err=True)
        question = screen.say(f"This code comes from {error.path}. Run it?")
    try:
        yes = click.confirm(visible(question), err=True)
    except click.Abort:  # Ctrl-C and Ctrl-D mean no
        click.echo(err=True)
        yes = False
    if not yes:
        raise NothingRun("nothing was run")
    return act(True)
