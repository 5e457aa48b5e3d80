"""`ptnote sources`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from kb import Erratum
from pycli.options import json_option, open_library, screen_options
from pycli.terminal import labels as texts
from pycli.terminal.blocks import Block, Prose
from pycli.terminal.output import Screen
from pycli.terminal.wrap import columns, pad


@click.command("sources")
@click.option("--open", "only_open", is_flag=True, help="Only topics that no entry answers yet.")
@click.option("--errata", is_flag=True, help="What the notes say that is not so, and the truth.")
@click.option("--own", is_flag=True, help="The folders and repositories that you have added.")
@json_option
@screen_options
def command(only_open: bool, errata: bool, own: bool, as_json: bool, screen: Screen) -> None:
    """Show which entry answers which topic of the notes ptnote grew from.

    With --own: what you have added with ptnote add-source.
    """
    library = open_library(screen)
    if own:
        _show_own(as_json, screen)
        return
    found, coverage = library.sources()
    if errata:
        _show_errata(found.errata, as_json, screen)
        return
    topics = [topic for topic in found.topics if not (only_open and coverage[topic.id])]
    covered = sum(bool(coverage[topic.id]) for topic in found.topics)
    if as_json:
        content = [
            {"id": t.id, "title": t.title, "sources": t.sources, "entries": coverage[t.id]} for t in topics
        ]
        screen.json(topics=content, covered=covered, total=len(found.topics))
        return
    rows = [
        (
            topic.id,
            texts.pick(topic.title, screen.languages[-1:]),
            "; ".join(f"{place.note} {place.sections[0]}" for place in topic.sources),
            texts.listed(coverage[topic.id]) or "-",
        )
        for topic in topics
    ]
    if screen.terminal:
        screen.show(_blocks(rows), paged=True)
    else:
        screen.write("".join("\t".join(row) + "\n" for row in rows))
    screen.notice(f"{covered} of {len(found.topics)} topics are covered")


def _show_own(as_json: bool, screen: Screen) -> None:
    """The sources that the user has added, a line each: name, entries, files left out, place, commit."""
    from kb import added_sources

    sources = added_sources()
    if as_json:
        screen.json(sources=sources)
        return
    if not sources:
        screen.notice("you have added no sources; to add one: ptnote add-source PATH|GIT-URL")
    width = max((columns(source.name) for source in sources), default=0)
    for source in sources:
        place = f"{source.url} {source.commit[:10]}" if source.url else source.path
        left_out = len({problem.path for problem in source.problems})
        faults = texts.label("left_out", screen.languages[:1]).format(count=left_out) if left_out else ""
        count = texts.counted("tagged", "tagged_one", source.entries, screen.languages[:1])
        told = texts.label("gone", screen.languages[:1]) if source.missing else f"{count}{faults}"
        if screen.terminal:
            screen.write(f"{pad(source.name, width)}  {told}  {place}\n")
        else:
            screen.write(f"{source.name}\t{source.entries}\t{left_out}\t{place}\n")


def _show_errata(errata: Sequence[Erratum], as_json: bool, screen: Screen) -> None:
    """What the notes say, the truth, and the entry that says more; a line each where nobody reads it."""
    if as_json:
        screen.json(errata=errata)
    elif screen.terminal:
        screen.show(_erratum_blocks(errata, screen), paged=True)
    else:
        for one in errata:
            truth = one.truth.get(screen.languages[0])
            screen.write("\t".join(" ".join(text.split()) for text in (one.entry, one.said, truth)) + "\n")


def _erratum_blocks(errata: Sequence[Erratum], screen: Screen) -> Iterator[Block]:
    for one in errata:
        yield Prose(one.said, style="bad", bullet="✗ ", tight=True)
        for language in screen.languages:
            yield Prose(one.truth.get(language), bullet="✓ ", tight=True)
        yield Prose(f"ptnote {one.entry}", style="dim", indent="  ")


def _blocks(rows: Sequence[tuple[str, str, str, str]]) -> Iterator[Block]:
    """For each topic its id and title, below them the entries that answer it, and the notes."""
    width = max((len(id) for id, *_ in rows), default=0) + 2
    rest = " " * width
    for id, title, notes, entries in rows:
        yield Prose(title, style="strong", bullet=pad(id, width), tight=True)
        yield Prose(f"→ {entries}", indent=rest, tight=True)
        yield Prose(notes, style="dim", indent=rest, tight=True)
