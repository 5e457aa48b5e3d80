"""The table that completes command lines: everything that can be typed, with descriptions, as text that
`shells/complete.sh` reads without starting Python.

Its first line is a stamp, the second holds the folders whose files may change. Every other line is a
context, a word, and a description, separated by tabs. A word that begins with @ stands for another context.
A table lies in the cache for each set of folders; there is none until a shell has asked for it once.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from kb import Library, __version__, paths, visible
from pycli import config
from pycli.terminal import labels, translate

FORMAT = 1
"""Raise when tables are written in another way than before."""

NAME_BYTES = 200
"""A table with a longer name is not kept."""

OLD_DAYS = 60
"""Tables that were not written for so long are removed."""

UNSAFE = frozenset("\"'`$&|;<>()*?[]{}!\\#~\t")
"""What a shell would take for its own in a word."""

ARGUMENTS = {"search": "@filters", "browse": "@filters", "why": "@files", "help": "@commands"}
"""What completes the arguments of commands that take any text."""

TYPES = {
    "entry": ["@entries", "@names"],
    "tag": ["@tags"],
    "category": ["@categories"],
    "tag or category": ["@groups"],
    "category, tag, or entry": ["@groups", "@entries"],
    "snippet": ["@snippets"],
    "source": ["@sources"],
    "path": ["@files"],
}
"""What completes a parameter, by the name of its type."""

Row = tuple[str, str, str]


def folder() -> Path:
    """Where the tables lie."""
    return paths.cache_dir() / "completions"


def refresh(library: Library) -> str:
    """The table for the entries that are visible here; it is written if it is missing or out of date. A
    cache that cannot be written keeps none."""
    spoken = config.languages(None, config.load())
    stamp = _stamp(library, spoken)
    place = _place()
    with contextlib.suppress(OSError):
        kept = os.fsdecode(place.read_bytes())
        if kept.startswith(stamp):
            return kept
    rows = (f"{key}\t{word}\t{_clean(text)}\n" for key, word, text in _rows(library, spoken))
    made = stamp + "".join(rows)
    if len(os.fsencode(place.name)) <= NAME_BYTES:
        with contextlib.suppress(OSError):
            paths.private_dir(place.parent.parent)
            paths.atomic_write(paths.private_dir(place.parent) / place.name, os.fsencode(made))
            _forget_old(place.parent)
    return made


def _place() -> Path:
    """The table of the folders that count in the current folder; `complete.sh` makes the same name."""
    name = f"table:{os.environ.get('PTNOTE_PATH', '')}:{paths.project_entries() or ''}"
    return folder() / name.replace("/", "%")


def _stamp(library: Library, spoken: labels.Languages) -> str:
    folders = library.shelf.folders
    revisions = " ".join(f"{one.layer}={one.revision}" for one in folders)
    # the places themselves, because a source is a link that `find` does not follow
    roots = "\t".join(os.path.realpath(one.root) for one in folders if not one.store.shipped)
    return f"{FORMAT} {__version__} {'+'.join(spoken)} {revisions}\nroots\t{roots}\n"


def _rows(library: Library, spoken: labels.Languages) -> Iterator[Row]:
    from pycli.main import COMMANDS, cli

    with click.Context(cli, info_name="ptnote", obj={}) as context:
        chinese = spoken[0] == "zh"
        yield from _parameters("", cli, chinese)
        for name, text in COMMANDS.items():
            command = cli.get_command(context, name)
            assert command is not None
            yield "commands", name, translate.to_chinese(text) if chinese else text
            yield from _parameters(name, command, chinese)
    for row in _content(library, spoken):
        if row[1] and not UNSAFE.intersection(row[1]) and not any(map(str.isspace, row[1])):
            yield row
    yield "groups", "@tags", ""
    yield "groups", "@categories", ""


def _content(library: Library, spoken: labels.Languages) -> Iterator[Row]:
    """What comes of the entries: names, tags, categories, snippets."""
    heads = library.heads.values()
    for head in heads:
        title = labels.pick(head.title, spoken)
        yield "entries", head.id, title
        for name in dict.fromkeys((head.title.zh, *head.aliases)):
            if not name.isascii():
                yield "names", name, title
        for snippet in head.snippets:
            yield f"snippets:{head.id}", snippet, title
    tags = Counter(tag for head in heads for tag in head.tags)
    for tag, count in sorted(tags.items()):
        said = labels.counted("tagged", "tagged_one", count, spoken)
        yield "tags", tag, said
        yield "filters", f"tag:{tag}", said
    for source in library.shelf.sources:
        yield "sources", source, ""
    for id, names in library.categories().items():
        yield "categories", id, labels.pick(names, spoken)
        yield "filters", f"category:{id}", labels.pick(names, spoken)


def _parameters(name: str, command: click.Command, chinese: bool) -> Iterator[Row]:
    """The options of a command, the values they take, and its arguments."""
    with click.Context(command, info_name=name) as context:
        parameters = command.get_params(context)
    kinds = {parameter.type.name for parameter in parameters}
    for parameter in parameters:
        values = _values(parameter.type)
        if isinstance(parameter, click.Argument):
            for value in [ARGUMENTS[name]] if name in ARGUMENTS else values:
                yield f"arguments:{name}", value, ""
            if parameter.type.name == "entry" and "snippet" in kinds:
                yield f"arguments:{name}", "@snippets", ""
        elif isinstance(parameter, click.Option) and not parameter.hidden:
            text = (parameter.help or "").rstrip(".")
            for option in parameter.opts:
                yield f"options:{name}", option, translate.to_chinese(f"{text}.") if chinese else text
                if not parameter.is_flag:
                    yield f"value:{name}:{option}", "", ""
                    for value in values:
                        yield f"value:{name}:{option}", value, ""


def _values(kind: Any) -> list[str]:
    if isinstance(kind, click.Choice):
        return [str(choice) for choice in kind.choices]
    return TYPES.get(kind.name, [])


def _clean(text: str) -> str:
    return visible(" ".join(text.split()))


def _forget_old(place: Path) -> None:
    """Remove the tables of projects that nobody has looked at for long, and what killed writers left."""
    import time

    paths.remove_scraps(place)
    oldest = time.time() - OLD_DAYS * 24 * 3600
    for path in place.glob("table:*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()
