"""`ptnote run`."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from kb import Outcome, Result, Settings, variants, visible
from pycli import ending
from pycli.options import EntryName, SnippetName, json_option, open_library, screen_options
from pycli.task import Task
from pycli.terminal.blocks import Code
from pycli.terminal.output import Screen
from pycli.terminal.run_line import run_line
from pycli.workfolder import Workfolder, workfolder

EXIT_CODES = {Outcome.passed: 0, Outcome.failed: 1, Outcome.skipped: 77, Outcome.timeout: 124}


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


def changing_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """What is changed before a snippet runs, and where what it writes goes."""
    decorators = (
        click.option("-s", "--snippet", type=SnippetName(), help="Which snippet; the first if not given."),
        click.option(
            "--set",
            "settings",
            multiple=True,
            metavar="NAME=VALUE",
            help="Run it with another value of a parameter; A,B,… runs each and prints a table.",
        ),
        click.option("--edit", is_flag=True, help="Change a copy in your editor, and run that."),
        click.option("--keep-as", metavar="ID", help="Keep the changed code as an entry of your own."),
        click.option("--keep", is_flag=True, help="Keep the working folder, with what the snippet wrote."),
        click.option(
            "--save",
            type=click.Path(path_type=Path, file_okay=False),
            metavar="DIR",
            help="Save the files that the snippet writes in this folder.",
        ),
        click.option("--force", is_flag=True, help="With --save: replace files that exist."),
    )
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


@click.command("run")
@click.argument("names", nargs=-1, required=True, type=EntryName())
@changing_options
@click.option("-q", "--quiet", is_flag=True, help="Show only what the snippet prints.")
@click.option("--yes", is_flag=True, help="Run code that did not come with ptnote; asked once.")
@json_option
@screen_options
@confining_options
@ending.unwinding()
def command(
    names: tuple[str, ...],
    snippet: str | None,
    settings: tuple[str, ...],
    edit: bool,
    keep_as: str | None,
    screen: Screen,
    how: dict[str, Any],
    yes: bool,
    **options: Any,
) -> int:
    """Run a snippet of an entry here, and pass its exit code on. A terminal shows the code first.

    \b
    ptnote run one-hot
    ptnote run one-hot:soft-targets --device cpu
    ptnote run one-hot --set num_classes=6
    ptnote run plot-loss --save figures
    ptnote run amp --python ~/envs/train/bin/python
    """
    library = open_library(screen)
    entry, chosen = library.pick(names, snippet)
    task = Task(library, entry, chosen, screen, how, yes)
    asked = variants(entry, chosen, settings)
    if len(asked) > 1:
        if edit or keep_as or options["keep"] or options["save"]:
            raise click.UsageError("several values are only compared; give --set one value to change or keep")
        from pycli.comparing import compare

        return compare(task, asked, options["as_json"])
    if not (edit or keep_as):
        return _exit_code(_run(task, asked[0].code, **options))
    from pycli.changing import Change

    change = Change(task, asked[0].code, keep_as)
    if edit:
        change.edit()
    result = _run(task, change.checked(), **options)
    change.offer(result, asks=screen.terminal and not options["as_json"])
    return _exit_code(result)


def _run(
    task: Task, code: str, keep: bool, save: Path | None, force: bool, quiet: bool, as_json: bool
) -> Result:
    """Run the code, show what it says and draws, and say what became of what it wrote."""
    screen = task.screen
    shown = screen.terminal and not (quiet or as_json)
    if shown:
        screen.show([Code(code)])
    sys.stdout.flush()
    with workfolder(task.entry, keep) if keep or save or shown else contextlib.nullcontext() as folder:
        result = task.run(code, shown, folder=folder.path if folder else None, capture=as_json)
        if folder and shown:
            _draw(result, folder, screen)
        kept = save if folder and save and _saved(folder, save, force, screen) else None
        if folder and folder.kept:
            kept = folder.path
        if as_json:
            from kb import result_document

            screen.json(**result_document(result))
        elif not quiet or result.outcome is not Outcome.passed:
            screen.notice(run_line(result, screen, kept))
        if kept and (quiet or as_json):
            screen.notice(f"kept in {kept}")
    return result


def _draw(result: Result, folder: Workfolder, screen: Screen) -> None:
    """Show the pictures that were written; where that cannot be done, they stay in the folder."""
    from pycli.terminal import pictures

    written = pictures.pictures(folder.path, result.files)
    if not written:
        return
    if not pictures.can_draw():
        folder.kept = True
    elif not pictures.installed():
        folder.kept = True
        screen.notice("to see pictures in the terminal: pip install 'ptnote-pytorch[pictures]'")
    elif len(pictures.draw(written, screen.width)) < len(written):
        folder.kept = True


def _saved(folder: Workfolder, target: Path, force: bool, screen: Screen) -> bool:
    """Save what was written. The folder stays if that fails."""
    from kb import clashing_files, save_files

    try:
        taken = clashing_files(folder.path, target)
        if taken and not force and sys.stdin.isatty() and sys.stderr.isatty():
            question = screen.say(f"{taken[0]} exists already. Replace it?")
            force = click.confirm(visible(question), err=True)
        save_files(folder.path, target, overwrite=force)
    except BaseException:
        folder.kept = True
        raise
    return True


def interpreter(python: str) -> str:
    """The path of an interpreter that is given by path or by name; empty if none is given."""
    if not python:
        return ""
    import shutil

    return shutil.which(Path(python).expanduser()) or python


def _exit_code(result: Result) -> int:
    if result.outcome in (Outcome.skipped, Outcome.timeout):
        return EXIT_CODES[result.outcome]
    return result.exit_code or EXIT_CODES[result.outcome]
