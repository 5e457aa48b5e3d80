"""`ptnote search`."""

from __future__ import annotations

import sys

import click

from kb import Found, Library
from kb.errors import BadQuery
from pycli.options import CategoryName, TagName, json_option, open_library, screen_options
from pycli.terminal import labels as texts
from pycli.terminal.output import Screen

SHOWN = 60
"""Characters of a query that a message repeats."""


@click.command("search")
@click.argument("words", nargs=-1)
@click.option(
    "-n", "--limit", default=10, show_default=True, type=click.IntRange(min=1), help="Most results."
)
@click.option("-t", "--tag", "tags", multiple=True, type=TagName(), help="Only entries with this tag.")
@click.option("-c", "--category", type=CategoryName(), help="Only entries of this category.")
@click.option("--ids", is_flag=True, help="Print ids only, one per line.")
@click.option("--explain", is_flag=True, help="Say how each score came about.")
@json_option
@screen_options
def command(
    words: tuple[str, ...],
    limit: int,
    tags: tuple[str, ...],
    category: str | None,
    ids: bool,
    explain: bool,
    as_json: bool,
    screen: Screen,
) -> int:
    """Find entries by words in either language.

    \b
    ptnote search amp
    ptnote search 混合精度
    ptnote search "clip tag:training"       also category:losses, api:one_hot
    echo one_hot | ptnote search -
    """
    text = sys.stdin.read() if words == ("-",) else " ".join(words)
    filters = [f"tag:{tag}" for tag in tags] + ([f"category:{category}"] if category else [])
    text = " ".join([text, *("-".join(one.split()) for one in filters)])
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
    found = look_up(library, text, limit, screen, quiet=as_json)
    if as_json:
        from kb import found_document

        screen.json(**found_document(text, found))
    elif not found.hits:
        return say_nothing(found, text, screen)
    elif ids:
        screen.write("".join(f"{hit.id}\n" for hit in found))
    else:
        _show_numbered(library, found, screen, explain)
    return 0 if found.hits else 1


def look_up(library: Library, text: str, limit: int, screen: Screen, quiet: bool = False) -> Found:
    """Search, and tell on stderr what was searched for in place of the question; unless `quiet`."""
    known = len(library.notices)
    with screen.progress("indexing the entries, once") as progress:
        found = library.search(text, limit, progress)
    for notice in library.notices[known:]:
        screen.notice(notice)
    if found.searched:
        screen.notice(f"{texts.label('cut', screen.languages)}: {' '.join(found.searched.split())[:SHOWN]}…")
    if found.hits and not quiet:
        for word, near in found.corrections.items():
            screen.notice(f"{texts.label('corrected', screen.languages)}: {word} → {texts.listed(near)}")
    return found


def say_nothing(found: Found, text: str, screen: Screen) -> int:
    """Tell that nothing was found, and what to try; the exit code for it."""
    screen.notice(_nothing(text, found.suggestions, screen))
    return 1


def _show_numbered(library: Library, found: Found, screen: Screen, explain: bool) -> None:
    from pycli import recent
    from pycli.terminal.blocks import Block, Row
    from pycli.terminal.hits import hits_page

    first: list[Block] = []
    if found.hits[0].doubtful:
        first = [Row(texts.label("doubtful", screen.languages), "warn")]
    recent.keep(hit.id for hit in found)
    screen.show([*first, *hits_page(library, found.hits, screen, explain)], paged=True)


def _nothing(text: str, suggestions: tuple[str, ...], screen: Screen) -> str:
    asked = text.strip()
    asked = asked if len(asked) <= 2 * SHOWN else f"{asked[:SHOWN]}…"
    message = f"{texts.label('nothing', screen.languages)} '{asked}'"
    if not suggestions:
        return f"{message}; try: ptnote list"
    return f"{message}; {texts.label('did_you_mean', screen.languages)}: {texts.listed(suggestions)}?"
