"""`ptnote search`."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from kb import Library
from kb.errors import BadQuery
from kb.search.results import Hit
from pycli.options import json_option, open_library, screen_options
from pycli.terminal import labels as texts
from pycli.terminal.blocks import Block, Heading, Prose
from pycli.terminal.output import Screen

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
    from kb.search import find as searching

    query = searching.parse(text, limit)
    found = None if explain else searching.at_once(library, query)
    if found is None:
        _open_index(library, screen)
        found = searching.search(library, query)
    if as_json:
        screen.json(query=text, hits=found.hits, corrected=found.corrected, suggestions=found.suggestions)
    elif found.hits:
        for word, near in found.corrected.items():
            screen.notice(f"{texts.label('corrected', screen.languages)}: {word} → {texts.listed(near)}")
        if ids:
            screen.write("".join(f"{hit.id}\n" for hit in found.hits))
        else:
            told = _explained if explain else _matched
            screen.show([block for hit in found.hits for block in _blocks(hit, screen, told)], paged=True)
    else:
        message = f"{texts.label('nothing', screen.languages)} '{text.strip()}'"
        if found.suggestions:
            message += (
                f"; {texts.label('did_you_mean', screen.languages)}: {texts.listed(found.suggestions)}?"
            )
        screen.notice(message if found.suggestions else f"{message}; try: ptnote list")
    return 0 if found.hits else 1


def _open_index(library: Library, screen: Screen) -> None:
    """Open the index, with a progress bar on a terminal if it has to be built first."""
    from kb.search import index

    if index.state(library)[1] == "missing" and sys.stderr.isatty():
        from pycli.terminal.color import progress

        with progress("indexing the entries, once") as advance:
            library.use(index.Index.open(library, advance))
    for fallback in library.index.fallbacks:
        screen.notice(fallback)


def _blocks(hit: Hit, screen: Screen, told: Callable[[Hit, Screen], list[str]]) -> list[Block]:
    spoken = screen.languages
    return [
        Heading(f"{hit.id}  {texts.pick(hit.title, spoken)}", "id"),
        *(Prose(hit.summary.get(language), indent="    ", tight=True) for language in spoken),
        *(Prose(line, style="dim", indent="    ", tight=True) for line in told(hit, screen)),
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
    reasons = hit.reasons
    lines = []
    for counted in reasons.counted:
        instead = f" ({counted.said})" if counted.said else ""
        places = texts.listed(texts.field(name, screen.languages) for name in counted.fields)
        lines.append(f"{counted.value:7.2f}  {counted.unit}{instead}: {places}")
    named = "the name itself first; " if hit.why and hit.why[0].field == "name" else ""
    lines.append(
        f"{hit.score:7.2f}  {named}answers {reasons.coverage:.0%} of the question; "
        f"like its name '{reasons.name}' {reasons.fit:.0%}"
    )
    return lines
