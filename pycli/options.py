"""Options and arguments that several commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from kb import Library
from pycli.terminal.labels import LABELS
from pycli.terminal.output import Screen

Function = Callable[..., Any]

if TYPE_CHECKING:
    TextType = click.ParamType[str]
else:
    TextType = click.ParamType  # click 8.2 and 8.3 cannot subscript it


def screen_options(function: Function) -> Function:
    """`--lang`, `--color` and `--no-pager`, handed over as one `screen`."""

    @click.option("-L", "--lang", type=click.Choice(["en", "zh", "both"]), help="Language of the text.")
    @click.option(
        "--color", type=click.Choice(["always", "auto", "never"]), help="Colors; auto looks at the terminal."
    )
    @click.option("--no-pager", is_flag=True, help="Never use a pager.")
    @functools.wraps(function)
    def wrapped(*args: Any, lang: str | None, color: str | None, no_pager: bool, **kwargs: Any) -> Any:
        return function(*args, screen=Screen(lang, color, not no_pager), **kwargs)

    return wrapped


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON with stable keys.")


def open_library(screen: Screen) -> Library:
    """The library of this machine; a notice says what could not be read or cached."""
    library = Library.load()
    if library.problems:
        files = {problem.path for problem in library.problems}
        screen.notice(f"{len(files)} {LABELS['not_parsed'].get(screen.languages[0])}")
    for notice in library.notices:
        screen.notice(notice)
    return library


def entry_ids(incomplete: str = "") -> list[str]:
    """Ids that begin like this, for completion."""
    return [id for id in Library.load().heads if id.startswith(incomplete)]


class EntryName(TextType):
    """The name of an entry; completes ids."""

    name = "entry"

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[Any]:
        """Ids that begin like `incomplete`."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(id) for id in entry_ids(incomplete)]


class TagName(TextType):
    """A tag; completes those in use."""

    name = "tag"

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[Any]:
        """Tags that begin like `incomplete`."""
        from click.shell_completion import CompletionItem

        tags = {tag for head in Library.load().heads.values() for tag in head.tags}
        # a shell would take other characters of a tag for its own
        safe = [tag for tag in sorted(tags) if tag.replace("-", "").isalnum()]
        return [CompletionItem(tag) for tag in safe if tag.startswith(incomplete)]


class SnippetName(TextType):
    """A snippet of the entry named before it; completes its names."""

    name = "snippet"

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[Any]:
        """Names that begin like `incomplete`."""
        from click.shell_completion import CompletionItem

        library = Library.load()
        id = library.resolve(" ".join(context.params.get("names") or ()))
        names = library.heads[id].snippets if id else ()
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


class CategoryName(TextType):
    """A category; completes the known ones."""

    name = "category"

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[Any]:
        """Categories that begin like `incomplete`."""
        from click.shell_completion import CompletionItem

        known = Library.load().categories()
        return [CompletionItem(name) for name in known if name.startswith(incomplete)]
