"""`ptnote search`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from kb import Hit, Library
from kb.errors import BadQuery
from pycli.options import json_option, open_library, screen_options
from pycli.terminal import labels as texts
from pycli.terminal.blocks import Block, Heading, Prose
from pycli.terminal.output import Screen

SHOWN = 60
"""Characters of a query that a message repeats."""

WHY_SHOWN = 3
"""How many reasons a result gives."""


@click.command("search")
@click.argument("words", nargs=-1)
@click.option(
    "-n", "--limit", default=10, show_default=True, type=click.IntRange(min=1), help="Most results."
)
@click.option("--ids", is_flag=True, help="Print ids only, one per line.")
@click.option("--explain", is_flag=True, help="Say how each score came about.")
@json_option
@screen_options
def command(
    words: tuple[str, ...], limit: int, ids: bool, explain: bool, as_json: bool, screen: Screen
) -> int:
    """Find entries by words in either language.

    \b
    ptnote search amp
    ptnote search 混合精度
    ptnote search "clip tag:training"       also category:losses, api:one_hot
    echo one_hot | ptnote search -
    """
    text = sys.stdin.read() if words == ("-",) else " ".join(words)
    if not text.strip():
        raise BadQuery("nothing to search for; try: ptnote search amp")
    return show_hits(open_library(screen), text, limit, screen, as_json, ids, explain)


def show_hits(
    library: Library,
    text: str,
    limit: int,
    screen: Screen,
    as_json: bool,
    ids: bool = False,
    explain: bool = False,
) -> int:
    """Search and print what was found; the exit code is 1 when that is nothing."""
    known = len(library.notices)
    with screen.progress("indexing the entries, once") as progress:
        found = library.search(text, limit, progress)
    for notice in library.notices[known:]:
        screen.notice(notice)
    if found.searched:
        screen.notice(f"{texts.label('cut', screen.languages)}: {' '.join(found.searched.split())[:SHOWN]}…")
    if as_json:
        hits = [_as_json(hit) for hit in found]
        screen.json(query=text, hits=hits, corrected=found.corrections, suggestions=found.suggestions)
    elif found.hits:
        for word, near in found.corrections.items():
            screen.notice(f"{texts.label('corrected', screen.languages)}: {word} → {texts.listed(near)}")
        if ids:
            screen.write("".join(f"{hit.id}\n" for hit in found))
        else:
            describe = _explained if explain else _matched
            pages = (_blocks(library, hit, screen, describe) for hit in found)
            screen.show([block for page in pages for block in page], paged=True)
    else:
        screen.notice(_nothing(text, found.suggestions, screen))
    return 0 if found.hits else 1


def _nothing(text: str, suggestions: tuple[str, ...], screen: Screen) -> str:
    asked = text.strip()
    asked = asked if len(asked) <= 2 * SHOWN else f"{asked[:SHOWN]}…"
    message = f"{texts.label('nothing', screen.languages)} '{asked}'"
    if not suggestions:
        return f"{message}; try: ptnote list"
    return f"{message}; {texts.label('did_you_mean', screen.languages)}: {texts.listed(suggestions)}?"


def _as_json(hit: Hit) -> dict[str, Any]:
    """A hit under the keys that `--json` has always had."""
    explanation = hit.explanation
    reasons = {
        "counted": explanation.contributions,
        "coverage": explanation.coverage,
        "name": explanation.name,
        "fit": explanation.likeness,
    }
    fields = {name: getattr(hit, name) for name in hit.__struct_fields__ if name != "explanation"}
    return {**fields, "reasons": reasons}


def _blocks(
    library: Library, hit: Hit, screen: Screen, describe: Callable[[Hit, Screen], list[str]]
) -> list[Block]:
    spoken = screen.languages
    hiding = texts.hiding(library, hit.id, spoken)
    return [
        Heading(f"{hit.id}  {texts.pick(hit.title, spoken)}", "id"),
        *(Prose(hit.summary.get(language), indent="    ", tight=True) for language in spoken),
        *([Prose(hiding, style="warn", indent="    ", tight=True)] if hiding else []),
        *(Prose(line, style="dim", indent="    ", tight=True) for line in describe(hit, screen)),
    ]


def _matched(hit: Hit, screen: Screen) -> list[str]:
    """Where the words were found, in one line."""
    found = [
        f"{texts.field(why.field, screen.languages)} {texts.listed(why.words)}".strip()
        for why in hit.why[:WHY_SHOWN]
    ]
    return [f"{texts.label('matched', screen.languages[:1])}: {' · '.join(found)}"] if found else []


def _explained(hit: Hit, screen: Screen) -> list[str]:
    """How the score came about: a line for each word, one for the rest."""
    explanation = hit.explanation
    lines = []
    for one in explanation.contributions:
        instead = f" ({one.said})" if one.said else ""
        places = texts.listed(texts.field(name, screen.languages) for name in one.fields)
        lines.append(f"{one.value:7.2f}  {one.unit}{instead}: {places}")
    named = "the name itself first; " if hit.why and hit.why[0].field == "name" else ""
    lines.append(
        f"{hit.score:7.2f}  {named}answers {explanation.coverage:.0%} of the question; "
        f"like its name '{explanation.name}' {explanation.likeness:.0%}"
    )
    return lines
