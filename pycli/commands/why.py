"""`ptnote why`."""

from __future__ import annotations

import contextlib
import difflib
import os
import stat
import sys
from collections.abc import Iterator
from typing import Any

import click

from kb.content.entry import Snippet
from kb.errors import BadQuery
from kb.why import Diagnosis, diagnose
from pycli import watch as tee
from pycli.options import json_option, open_library, screen_options
from pycli.terminal import labels as texts
from pycli.terminal.blocks import Block, Changes, Gap, Heading, Prose
from pycli.terminal.entry_page import snippet_page
from pycli.terminal.output import Screen

EXIT_NOT_FOUND, EXIT_NOT_EXECUTABLE = 127, 126
MESSAGE_WIDTH = 400
"""Characters of a message that are repeated above its explanation."""

ALIKE = 0.5
"""Pairs more alike than this are shown as one listing with changed lines."""


class _Why(click.Command):
    """What follows `--` is a command line, not a message."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            context.meta["command"] = args[at + 1 :]
            args = args[:at]
        return super().parse_args(context, args)


@click.command("why", cls=_Why)
@click.argument("message", nargs=-1)
@click.option("--clipboard", is_flag=True, help="Read the error from the clipboard.")
@click.option("-q", "--quiet", is_flag=True, help="Do not pass a pipe's text on; only explain.")
@json_option
@screen_options
@click.pass_context
def command(
    context: click.Context,
    message: tuple[str, ...],
    clipboard: bool,
    quiet: bool,
    as_json: bool,
    screen: Screen,
) -> int:
    """Explain an error: its cause, and code that breaks and mends it.

    \b
    ptnote why "mat1 and mat2 shapes cannot be multiplied (863x1 and 11x5120)"
    python train.py 2>&1 | ptnote why       passes the output on, then explains
    ptnote why -- python train.py           runs it, explains if it fails
    ptnote why --clipboard
    """
    if "command" in context.meta:
        return _watch(context.meta["command"], screen)
    typed = bool(message) and message != ("-",)
    if typed:
        text = " ".join(message)
    elif clipboard:
        text = _clipboard()
    else:
        text = _stdin(echo=not (quiet or as_json))
    if not text.strip():
        raise BadQuery("no error to explain; try: python train.py 2>&1 | ptnote why")
    diagnosis = diagnose(open_library(screen), text, certain=typed or clipboard)
    return _show(diagnosis, screen, as_json)


def _watch(command: list[str], screen: Screen) -> int:
    """Run a command; if it fails, explain on stderr. The exit code is the command's."""
    if not command:
        raise BadQuery("no command after --; try: ptnote why -- python train.py")
    try:
        code, stderr = tee.run(command)
    except OSError as error:
        screen.notice(f"cannot run {command[0]}: {error.strerror}")
        return EXIT_NOT_FOUND if isinstance(error, FileNotFoundError) else EXIT_NOT_EXECUTABLE
    if code:
        with contextlib.redirect_stdout(sys.stderr):
            diagnosis = diagnose(open_library(screen), stderr.decode(errors="replace"))
            if diagnosis is None:
                screen.notice(f"{command[0]} ended with exit code {code} and told no exception")
            else:
                _show(diagnosis, screen, as_json=False)
    return code


def _stdin(echo: bool) -> str:
    """What stands on stdin; a pipe's bytes are passed on as they come."""
    if sys.stdin.isatty():
        raise BadQuery("no error to explain; try: ptnote why 'the message', or ptnote why -- python train.py")
    piped = stat.S_ISFIFO(os.fstat(0).st_mode)
    sys.stdout.flush()
    return tee.follow(0, (1,) if piped and echo else ()).decode(errors="replace")


def _clipboard() -> str:
    import pyperclip

    try:
        return str(pyperclip.paste())
    except pyperclip.PyperclipException as error:
        raise BadQuery("cannot read the clipboard; on Linux install xclip, xsel, or wl-clipboard") from error


def _show(diagnosis: Diagnosis | None, screen: Screen, as_json: bool) -> int:
    if as_json:
        screen.json(diagnosis=_as_json(diagnosis))
    elif diagnosis is None:
        screen.notice(f"{texts.label('no_exception', screen.languages)}; try: ptnote search …")
    else:
        screen.show(_page(diagnosis, screen))
    return 0 if diagnosis and (diagnosis.entry or diagnosis.guesses) else 1


def _as_json(diagnosis: Diagnosis | None) -> dict[str, Any] | None:
    if diagnosis is None:
        return None
    return {
        "type": diagnosis.failure.type,
        "message": diagnosis.failure.message,
        "line": diagnosis.failure.line,
        "entry": diagnosis.entry.id if diagnosis.entry else None,
        "pattern": diagnosis.pattern,
        "values": diagnosis.values,
        "means": diagnosis.means,
        "wrong": diagnosis.wrong.name if diagnosis.wrong else None,
        "right": diagnosis.right.name if diagnosis.right else None,
        "guesses": diagnosis.guesses,
    }


def _page(diagnosis: Diagnosis, screen: Screen) -> Iterator[Block]:
    spoken = screen.languages
    said = diagnosis.failure.text
    yield Heading(said if len(said) <= MESSAGE_WIDTH else said[:MESSAGE_WIDTH] + " …", "bad")
    yield Gap()
    entry = diagnosis.entry
    if entry is None:
        yield from _guesses(diagnosis, screen)
        return
    yield Heading(f"{entry.id}  {texts.pick(entry.title, spoken)}", "id")
    if diagnosis.means:
        for language in spoken:
            yield Prose(diagnosis.means.get(language), bullet="→ ", tight=True)
    yield Gap()
    for language in spoken:
        yield Prose(entry.explain.get(language))
    yield from _pair(diagnosis, screen)
    rest = [f"ptnote show {entry.id}", *(f"ptnote show {other}" for other in entry.see_also[:2])]
    yield Prose(f"**{texts.label('see_also', spoken)}**: {', '.join(rest)}", tight=True)


def _pair(diagnosis: Diagnosis, screen: Screen) -> Iterator[Block]:
    entry, wrong, right = diagnosis.entry, diagnosis.wrong, diagnosis.right
    assert entry is not None
    if wrong is None:
        yield from snippet_page(entry, entry.snippets[0], screen.languages)
    elif right is None:
        yield from snippet_page(entry, wrong, screen.languages)
        yield from snippet_page(entry, entry.snippets[0], screen.languages)
    elif _likeness(wrong, right) < ALIKE:
        yield from snippet_page(entry, wrong, screen.languages)
        yield from snippet_page(entry, right, screen.languages)
    else:
        runs = f"$ ptnote run {entry.id} -s {wrong.name};  ptnote run {entry.id} -s {right.name}"
        yield Heading(f"── {texts.label('pair', screen.languages)}")
        yield Changes(wrong.code, right.code)
        yield Heading(runs, "dim")
        yield Gap()


def _likeness(wrong: Snippet, right: Snippet) -> float:
    return difflib.SequenceMatcher(None, wrong.code.splitlines(), right.code.splitlines()).ratio()


def _guesses(diagnosis: Diagnosis, screen: Screen) -> Iterator[Block]:
    spoken = screen.languages
    if not diagnosis.guesses:
        yield Prose(f"{texts.label('unexplained', spoken)}; ptnote list -t error", tight=True)
        return
    yield Prose(f"{texts.label('guessed', spoken)}:", tight=True)
    for hit in diagnosis.guesses:
        yield Heading(f"{hit.id}  {texts.pick(hit.title, spoken)}", "id")
        for language in spoken:
            yield Prose(hit.summary.get(language), indent="    ", tight=True)
