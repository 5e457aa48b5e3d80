"""Options and arguments that several commands share."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from kb import Library, paths
from pycli.terminal.output import Screen

Function = Callable[..., Any]

if TYPE_CHECKING:
    TextType = click.ParamType[str]
else:
    TextType = click.ParamType  # click 8.2 and 8.3 cannot subscript it


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Keep an option for the command and for whatever speaks for it; one after the command counts more."""
    if value:
        context.ensure_object(dict)[parameter.name] = value


def spoken_options(function: Function) -> Function:
    """`--lang`, `--color` and `--no-pager`, kept in the object of the context. They may stand before the
    command as well."""
    kept: dict[str, Any] = {"expose_value": False, "callback": _remember}
    lang = click.Choice(["en", "zh", "both"])
    # eager, so that `-L zh --help` shows the help in Chinese
    function = click.option("--no-pager", is_flag=True, help="Never use a pager.", **kept)(function)
    function = click.option(
        "--color",
        type=click.Choice(["always", "auto", "never"]),
        help="Colors; auto looks at the terminal.",
        **kept,
    )(function)
    return click.option("-L", "--lang", type=lang, is_eager=True, help="Language of the text.", **kept)(
        function
    )


def screen_options(function: Function) -> Function:
    """The options of `spoken_options`, handed over as one `screen`."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        chosen = click.get_current_context().ensure_object(dict)
        screen = Screen(chosen.get("lang"), chosen.get("color"), not chosen.get("no_pager"))
        return function(*args, screen=screen, **kwargs)

    return spoken_options(wrapped)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON with stable keys.")


def open_library(screen: Screen) -> Library:
    """The library of this machine; a notice says what could not be read or cached."""
    library = Library.load()
    if library.problems:
        first = library.problems[0]
        count = len({problem.path for problem in library.problems})
        if count == 1:
            screen.notice(f"1 entry file could not be read, {first.path}:{first.line}; see: ptnote check")
        else:
            screen.notice(f"{count} entry files could not be read; see: ptnote check")
    for notice in library.notices:
        screen.notice(notice)
    if os.path.isdir(paths.cache_dir() / "completions"):  # a shell completes
        from pycli import completions

        completions.refresh(library)
    return library


class EntryName(TextType):
    """The name of an entry."""

    name = "entry"


class TagName(TextType):
    """A tag."""

    name = "tag"


class SnippetName(TextType):
    """A snippet of the entry that is named before it."""

    name = "snippet"


class CategoryName(TextType):
    """A category."""

    name = "category"


class SourceName(TextType):
    """A source of entries that the user has added."""

    name = "source"


class GroupName(TextType):
    """A tag or a category."""

    name = "tag or category"


class Choice(TextType):
    """A category, a tag, or the name of an entry."""

    name = "category, tag, or entry"
