"""`ptnote why`."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys
from typing import TYPE_CHECKING

import click

from kb import Diagnosis, Library, Seen
from kb.errors import BadQuery, KbError
from pycli import recent
from pycli import watch as tee
from pycli.options import json_option, open_library, screen_options
from pycli.terminal import labels as texts
from pycli.terminal.output import Screen
from pycli.terminal.why_page import why_page

if TYPE_CHECKING:
    from kb import Recording

EXIT_NOT_FOUND, EXIT_NOT_EXECUTABLE = 127, 126


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
@click.option("--plain", is_flag=True, help="With --: leave the command's Python alone; show no shapes.")
@json_option
@screen_options
@click.pass_context
def command(
    context: click.Context,
    message: tuple[str, ...],
    clipboard: bool,
    quiet: bool,
    plain: bool,
    as_json: bool,
    screen: Screen,
) -> int:
    """Explain an error: its cause, and code that breaks and mends it.

    \b
    ptnote why "mat1 and mat2 shapes cannot be multiplied (863x1 and 11x5120)"
    python train.py 2>&1 | ptnote why       passes the output on, then explains
    ptnote why -- python train.py           runs it, explains if it fails, with your shapes
    ptnote why train.log                    reads the file
    ptnote why --clipboard
    """
    if "command" in context.meta:
        return _watch(context.meta["command"], screen, plain)
    logged = len(message) == 1 and os.path.isfile(message[0])
    typed = bool(message) and message != ("-",) and not logged
    if logged:
        text = _file(message[0], screen)
    elif typed:
        text = " ".join(message)
    elif clipboard:
        text = _clipboard()
    else:
        text = _stdin(echo=not (quiet or as_json))
    if not text.strip():
        raise BadQuery("no error to explain; try: python train.py 2>&1 | ptnote why")
    library = open_library(screen)
    return _show(library, library.why(text, certain=typed or clipboard), screen, as_json)


def _file(name: str, screen: Screen) -> str:
    """The end of a file with a log."""
    screen.notice(f"reading the file {name}")
    with open(name, "rb") as file:
        return tee.follow(file.fileno()).decode(errors="replace")


def _watch(command: list[str], screen: Screen, plain: bool) -> int:
    """Run a command; if it fails, explain on stderr. The exit code is the command's."""
    if not command:
        raise BadQuery("no command after --; try: ptnote why -- python train.py")
    from kb import Recording

    with contextlib.nullcontext() if plain else Recording() as recording:
        return _run(command, screen, recording)


def _run(command: list[str], screen: Screen, recording: Recording | None) -> int:
    """Run a command that may be recorded, and explain how it failed."""
    try:
        code, stderr, ended_by = tee.run(command, recording)
    except OSError as error:
        screen.notice(f"cannot run {command[0]}: {error.strerror}")
        return EXIT_NOT_FOUND if isinstance(error, FileNotFoundError) else EXIT_NOT_EXECUTABLE
    if ended_by:
        with contextlib.suppress(OSError):  # the terminal may be gone
            screen.notice(f"ended by {signal.Signals(ended_by).name}")
    elif code and code != 128 + signal.SIGINT:
        try:
            _explain(command[0], code, stderr, recording.frames() if recording else [], screen)
        except KbError as error:  # the exit code of the command matters more
            screen.notice(str(error))
    return code


def _explain(program: str, code: int, stderr: bytes, frames: list[Seen], screen: Screen) -> None:
    with contextlib.redirect_stdout(sys.stderr):
        library = open_library(screen)
        diagnosis = library.why(stderr.decode(errors="replace"), frames=frames)
        if diagnosis is None:
            screen.notice(f"{program} ended with exit code {code} and reported no exception")
        else:
            _show(library, diagnosis, screen, as_json=False)


def _stdin(echo: bool) -> str:
    """What stands on stdin; a pipe's bytes are passed on as they come."""
    if sys.stdin.isatty():
        raise BadQuery("no error to explain; try: ptnote why 'the message', or ptnote why -- python train.py")
    piped = stat.S_ISFIFO(os.fstat(0).st_mode)
    sys.stdout.flush()
    with tee.one_interrupt_ignored() if piped else contextlib.nullcontext():
        return tee.follow(0, (1,) if piped and echo else ()).decode(errors="replace")


def _clipboard() -> str:
    import pyperclip

    try:
        return str(pyperclip.paste())
    except pyperclip.PyperclipException as error:
        raise BadQuery("cannot read the clipboard; on Linux install xclip, xsel, or wl-clipboard") from error


def _show(library: Library, diagnosis: Diagnosis | None, screen: Screen, as_json: bool) -> int:
    """Print a diagnosis; the exit code is 0 only if an entry explains the error."""
    if as_json:
        from kb import diagnosis_document

        screen.json(**diagnosis_document(diagnosis))
    elif diagnosis is None:
        screen.notice(f"{texts.label('no_exception', screen.languages)}; try: ptnote search …")
    else:
        if diagnosis.guesses:
            recent.keep(hit.id for hit in diagnosis.guesses)
        screen.show(why_page(library, diagnosis, screen))
    return 0 if diagnosis and diagnosis.entry else 1
