"""The `ptnote` command: assembles the commands, each loaded only when used, and turns errors of the
library into one line and an exit code."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

from kb import __version__, visible
from kb.errors import BadName, BadQuery, BadSetting, BadValue, FileExists, KbError, MissingExtra
from pycli.options import spoken_options

COMMANDS = {
    "search": "Find entries by words in either language.",
    "show": "Show an entry.",
    "browse": "Search, read, change, and run entries, all on one screen.",
    "why": "Explain an error: its cause, and code that breaks and mends it.",
    "run": "Run a snippet of an entry here.",
    "test": "Run snippets as tests.",
    "check": "Check entry files against the rules.",
    "new": "Start a new entry from the template.",
    "import": "Make draft entries of notes in Markdown.",
    "edit": "Change an entry in your editor.",
    "copy": "Copy the code of an entry to the clipboard.",
    "list": "List entries.",
    "tags": "List tags.",
    "categories": "List categories.",
    "random": "Show some entry.",
    "sheet": "Write entries to a page, PDF, Markdown, notebook, or Anki cards.",
    "export": "Write entries for VS Code, navi, or cheat.",
    "sources": "Show which entry answers which topic of the notes.",
    "add-source": "Add a folder or a git repository of entries.",
    "update-source": "Fetch the newest state of a repository.",
    "remove-source": "Forget a source.",
    "doctor": "Show what this machine offers.",
    "paths": "Show where ptnote keeps things.",
    "mcp": "Serve agents by the Model Context Protocol.",
    "completion": "Print the completion script of a shell.",
    "help": "Show this help, or the help of a command.",
}
"""Name and help; each is `command` in the module of its own name, with _ behind a word of Python's own."""

EXIT_NOTHING, EXIT_USAGE, EXIT_SKIPPED, EXIT_INTERRUPTED = 1, 2, 77, 130


def module_of(command: str) -> str:
    """The module of a command in `pycli.commands`; a dash or a word of Python's own cannot be."""
    return "import_" if command == "import" else command.replace("-", "_")


class Interrupted(Exception):
    """The user pressed Ctrl-C."""


class Commands(click.Group):
    """Commands by name. A first word that is no command is looked up, then searched for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"pycli.commands.{module_of(name)}").command
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not (context.obj or {}).get("asked"):
            from pycli.words import meant

            args = meant(args, COMMANDS, context)
        if args and (args[0] not in COMMANDS or (context.obj or {}).get("asked")):
            from pycli.commands import lookup

            return "lookup", lookup.command, args
        return super().resolve_command(context, args)

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except KeyboardInterrupt as error:
            raise Interrupted from error  # click would print an empty line first


class _Context(click.Context):
    """What click calls a command with; it lays help pages out."""

    def make_formatter(self) -> click.HelpFormatter:
        from pycli.terminal.help_page import HelpPage

        return HelpPage(self.terminal_width, self.max_content_width, (self.obj or {}).get("lang"))


click.Command.context_class = _Context  # of every command, this group included


def _show_help(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(context.get_help())
        context.exit()


def _show_version(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(f"ptnote, version {__version__}")
        context.exit()


# click's own --help and --version look for translations of their texts, which takes 2 ms at every start
@click.group(
    cls=Commands,
    invoke_without_command=True,
    add_help_option=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "-h",
    "--help",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_help,
    help="Show this message and exit.",
)
@spoken_options
@click.pass_context
def cli(context: click.Context, debug: bool) -> None:
    """An offline, bilingual PyTorch reference whose every snippet runs.

    \b
    ptnote amp                    show the entry, or search for the word
    ptnote search 混合精度          find entries, in Chinese or English
    ptnote run one-hot            run its snippet on this machine
    """
    context.ensure_object(dict)["debug"] = debug
    if context.invoked_subcommand is None:
        from pycli.commands import welcome

        # not `context.invoke`, which in click 8.3.0 leaves out the defaults of options
        with welcome.command.make_context("welcome", [], parent=context) as inner:
            welcome.command.invoke(inner)


def main(arguments: list[str] | None = None) -> None:
    """Run the command and exit. If a command refuses words that may be a question, answer that as well, and
    exit with the code of the error."""
    options: dict[str, Any] = {"debug": False}  # the group writes its own options here
    code = _run(arguments, options)
    if "refused" in options:
        from pycli.words import asked

        if asked(sys.argv[1:] if arguments is None else arguments, options["refused"]):
            _say("searching for the words instead", code, options)
            _run(arguments, {**options, "asked": True})
    sys.exit(code)


def _run(arguments: list[str] | None, options: dict[str, Any]) -> int:
    """Run the command; the one place where errors become messages and exit codes."""
    try:
        code = cli.main(arguments, prog_name="ptnote", standalone_mode=False, obj=options)
        sys.stdout.flush()
    except click.ClickException as error:
        options["refused"] = error
        code = _say(_usage(error), error.exit_code, options)
    except KbError as error:
        if options["debug"]:
            raise
        options["refused"] = error
        code = _say(str(error), _exit_code(error), options)
    except (Interrupted, KeyboardInterrupt, click.Abort):
        code = _say("interrupted", EXIT_INTERRUPTED, options)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whoever read has gone; end silently
        code = 0
    except OSError as error:
        if options["debug"]:
            raise
        message = f"{error.filename or 'output'}: {error.strerror}; try: ptnote --debug …"
        code = _say(message, EXIT_NOTHING, options)
    return code or 0


def _exit_code(error: KbError) -> int:
    if isinstance(error, MissingExtra):
        return EXIT_SKIPPED
    return (
        EXIT_USAGE
        if isinstance(error, BadName | BadQuery | BadSetting | BadValue | FileExists)
        else EXIT_NOTHING
    )


def _usage(error: click.ClickException) -> str:
    """One line for a wrong call, ending in what to type."""
    message = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    if isinstance(error, click.NoSuchOption):
        known = [name for parameter in context.command.params for name in parameter.opts] if context else []
        import difflib

        near = difflib.get_close_matches(error.option_name, known, n=1)
        message = f"no option {error.option_name}" + (f"; did you mean {near[0]}?" if near else "")
    if "ptnote" in message:
        return message
    typed = context.command_path if context and context.info_name in COMMANDS else "ptnote"
    return f"{message}; try: {typed} --help"


def _say(message: str, code: int, options: dict[str, Any]) -> int:
    """Write a line to stderr, in the language that the user speaks."""
    from pycli.terminal.translate import translated

    encoding = sys.stderr.encoding or "utf-8"
    line = visible(translated(message, options.get("lang")).replace("\n", " "))
    sys.stderr.write(f"ptnote: {line}\n".encode(encoding, "replace").decode(encoding))
    return code
