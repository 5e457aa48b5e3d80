"""What the words after `ptnote` mean when the first of them is not a command: perhaps a mistyped one."""

from __future__ import annotations

import itertools
import shlex
import sys
from collections.abc import Iterable, Sequence

import click

from kb.errors import BadFile, BadQuery, UnknownEntry

IMPLIED = {
    "show": {"--code", "--proofs", "-s", "--snippet"},
    "search": {"-n", "--limit", "-t", "--tag", "-c", "--category", "--ids", "--explain"},
}
"""Commands that need not be named if one of these options is given."""

ORDINARY = {"check", "copy", "edit", "export", "import", "list", "new", "random", "run", "show", "test"}
"""Commands whose names people also use in questions: `export model to onnx`, `random seed`."""

LONGEST = 12
"""A longer word is not a mistyped command."""


def meant(words: Sequence[str], commands: Iterable[str], context: click.Context) -> list[str]:
    """The words as the user meant them: unchanged, with a mistyped command put right, or with the command
    before them that an option implies.

    A first word that is one slip away from a command, and that no entry uses, is taken for that command. On
    a terminal the user is asked; elsewhere click.UsageError says what to type.
    """
    near = next((name for name in commands if _one_slip(words[0].lower(), name)), "")
    if near and not _entries_use(words):
        instead = [near, *words[1:]]
        if _agreed(words, shlex.join(["ptnote", *instead]), context):
            return instead
    implied = (name for name, options in IMPLIED.items() if not options.isdisjoint(words))
    return [*itertools.islice(implied, 1), *words]


def asked(arguments: Sequence[str], error: Exception) -> bool:
    """Whether a call that a command refused may have been a question that begins with the command's name: it
    holds no options but those about language and color, and it is no call that lacks only an option."""
    options = ("-L", "--lang", "--color")
    values = {at + 1 for at, word in enumerate(arguments) if word in options}
    left = [word for at, word in enumerate(arguments) if at not in values and word not in options]
    words = [word for word in left if not word.startswith(("--lang=", "--color=", "--no-pager"))]
    if not words or words[0] not in ORDINARY or any(word.startswith("-") for word in words):
        return False
    if isinstance(error, click.UsageError):
        incomplete = isinstance(error, click.MissingParameter) and (words[0] != "new" or len(words) == 2)
        return len(words) > 1 and not incomplete
    return len(words) > 2 and isinstance(error, UnknownEntry | BadFile | BadQuery)


def _agreed(words: Sequence[str], command: str, context: click.Context) -> bool:
    """Whether the user says that this command was meant. Raises click.UsageError if nobody can be asked."""
    if sys.stdin.isatty() and sys.stderr.isatty():
        from pycli.terminal.translate import translated

        question = translated(f"did you mean: {command}?", (context.obj or {}).get("lang"))
        return click.confirm(question, default=True, err=True)
    other = shlex.join(["ptnote", "search", *words])
    message = f"no command '{words[0]}'; did you mean: {command}? To search for the words: {other}"
    raise click.UsageError(message, context)


def _entries_use(words: Sequence[str]) -> bool:
    from kb import Library

    library = Library.load()
    named = library.resolve(" ".join(words)) or library.resolve(words[0])
    return bool(named) or library.shelf.mentions(words[0])


def _one_slip(word: str, name: str) -> bool:
    """Whether a word becomes a name by one slip of the keyboard: a letter too many, missing, or wrong, or
    two neighbors swapped."""
    if word == name or not word.isalpha() or len(word) > LONGEST or abs(len(word) - len(name)) > 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(word, name, strict=False)) if a != b), len(name))
    left, wanted = word[same:], name[same:]
    swapped = left[1:2] + left[:1] + left[2:] == wanted
    return left[1:] == wanted or left == wanted[1:] or left[1:] == wanted[1:] or swapped
