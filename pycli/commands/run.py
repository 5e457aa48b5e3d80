"""`ptnote run`."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from kb import Entry, Library, Outcome, Result, Settings, Snippet, visible
from kb.errors import KbError, Untrusted
from pycli import ending
from pycli.options import EntryName, SnippetName, json_option, open_library, screen_options
from pycli.terminal.blocks import Code
from pycli.terminal.output import Screen

EXIT_CODES = {Outcome.passed: 0, Outcome.failed: 1, Outcome.skipped: 77, Outcome.timeout: 124}

FILES_NAMED = 5
"""How many files the closing line names."""


class NothingRun(KbError):
    """The user does not agree to the code."""


def confining_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """How snippets run, and what they may see and use up, handed over as one `how`: keyword arguments of
    `Library.run` and `Library.test`."""

    @click.option("--device", type=click.Choice(["cpu", "cuda", "mps"]), help="cpu hides accelerators.")
    @click.option("--python", type=click.Path(), help="Another interpreter, whose torch is tried.")
    @click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        help=f"Seconds; {Settings().timeout:g} if not given.",
    )
    @click.option(
        "--memory",
        type=click.FloatRange(min=0, min_open=True),
        help="GB of data for a process; what the machine has if not given.",
    )
    @click.option("--env", multiple=True, metavar="NAME", help="Pass a variable that looks like a secret.")
    @functools.wraps(function)
    def wrapped(
        *args: Any,
        screen: Screen,
        device: str | None,
        python: str | None,
        timeout: float | None,
        memory: float | None,
        env: tuple[str, ...],
        **kwargs: Any,
    ) -> Any:
        how = {
            "device": device or "",
            "python": interpreter(python or screen.config.python),
            "timeout": timeout or screen.config.timeout,
            "memory": memory or 0.0,
            "env": env,
        }
        return function(*args, screen=screen, how=how, **kwargs)

    return wrapped


@click.command("run")
@click.argument("names", nargs=-1, required=True, type=EntryName())
@click.option("-s", "--snippet", type=SnippetName(), help="Which snippet; the first if not given.")
@click.option("--keep", is_flag=True, help="Keep the working folder, with what the snippet wrote.")
@click.option("-q", "--quiet", is_flag=True, help="Show only what the snippet prints.")
@click.option("--yes", is_flag=True, help="Run code that did not come with ptnote; asked once.")
@json_option
@screen_options
@confining_options
@ending.unwinding()
def command(
    names: tuple[str, ...],
    snippet: str | None,
    keep: bool,
    quiet: bool,
    yes: bool,
    as_json: bool,
    screen: Screen,
    how: dict[str, Any],
) -> int:
    """Run a snippet of an entry here, and pass its exit code on. A terminal shows the code first.

    \b
    ptnote run one-hot
    ptnote run one-hot soft-targets --device cpu
    ptnote run amp --python ~/envs/train/bin/python
    """
    library = open_library(screen)
    entry, chosen = library.pick(names, snippet)
    shown = screen.terminal and not (quiet or as_json)
    if shown:
        screen.show([Code(chosen.code)])
    sys.stdout.flush()
    with _kept_folder(entry) if keep else contextlib.nullcontext() as folder:
        result = _run((library, entry, chosen), screen, yes, shown, folder=folder, capture=as_json, **how)
        if result is None:
            raise NothingRun("nothing was run")
    if as_json:
        from kb import result_document

        screen.json(**result_document(result))
    elif not quiet or result.outcome is not Outcome.passed:
        screen.notice(" · ".join(map(screen.say, _facts(result, folder))))
    if folder and (quiet or as_json):
        screen.notice(f"kept in {folder}")
    return _exit_code(result)


@contextlib.contextmanager
def _kept_folder(entry: Entry) -> Iterator[Path]:
    """A working folder that stays; one that is still empty goes if the snippet could not be run."""
    import secrets
    import tempfile

    # named before it is made, so that no signal can come between the two
    folder = Path(tempfile.gettempdir(), f"ptnote-{entry.id[:80]}-{secrets.token_hex(6)}")
    try:
        folder.mkdir(mode=0o700)
        yield folder
    except BaseException:
        with contextlib.suppress(OSError):  # it holds something
            folder.rmdir()
        raise


def _run(
    what: tuple[Library, Entry, Snippet], screen: Screen, agreed: bool, shown: bool, **options: Any
) -> Result | None:
    """Run the snippet; the user agrees first, once, to code that did not come with ptnote. None without."""
    library, entry, snippet = what
    told = len(library.notices)
    try:
        result = library.run(entry.id, snippet.name, agreed=agreed, **options)
    except Untrusted as error:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        if not shown:
            click.echo(visible(error.code), err=True)
        try:
            question = screen.say(f"This code comes from {error.path}. Run it?")
            if not click.confirm(visible(question), err=True):
                return None
        except click.Abort:  # Ctrl-C and Ctrl-D mean no
            click.echo(err=True)
            return None
        result = library.run(entry.id, snippet.name, agreed=True, **options)
    for notice in library.notices[told:]:
        screen.notice(notice)
    return result


def interpreter(python: str) -> str:
    """The path of an interpreter that is given by path or by name; empty if none is given."""
    if not python:
        return ""
    import shutil

    return shutil.which(Path(python).expanduser()) or python


def _facts(result: Result, folder: Path | None) -> list[str]:
    """What the closing line says of a run, the entry and the snippet first."""
    name = f"{result.entry}/{result.snippet}"
    if result.outcome is Outcome.skipped:
        return [f"{name} skipped: {result.reason}"]
    ended = f"exit {result.exit_code}" if result.outcome is Outcome.failed else result.outcome
    if result.outcome is Outcome.passed and result.exit_code:
        ended = "raised, as it should"
    facts = [
        f"{name} {ended}" + (f" ({result.reason})" if result.reason else ""),
        result.device or "device unknown",
        f"torch {result.torch}" if result.torch else "",
        f"{result.seconds:.2f} s",
        f"peak {result.peak_memory / 2**20:.0f} MiB" if result.peak_memory else "",
        _written(result.files, folder),
    ]
    return [fact for fact in facts if fact]


def _written(files: Sequence[str], folder: Path | None) -> str:
    """Which files the snippet wrote, and where they are; a throw-away folder is gone."""
    named = ", ".join(files[:FILES_NAMED]) + (", …" if len(files) > FILES_NAMED else "")
    if folder:
        return f"wrote {named}, kept in {folder}" if files else f"kept in {folder}"
    return f"wrote {named}, gone now; --keep keeps the files" if files else ""


def _exit_code(result: Result) -> int:
    if result.outcome in (Outcome.skipped, Outcome.timeout):
        return EXIT_CODES[result.outcome]
    return result.exit_code or EXIT_CODES[result.outcome]
