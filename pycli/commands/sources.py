"""`ptnote sources`."""

from __future__ import annotations

import click

from pycli.options import json_option, open_library, screen_options
from pycli.terminal import labels as texts
from pycli.terminal.output import Screen


@click.command("sources")
@click.option("--open", "only_open", is_flag=True, help="Only topics that no entry answers yet.")
@json_option
@screen_options
def command(only_open: bool, as_json: bool, screen: Screen) -> None:
    """Show which entry answers which topic of the notes ptnote grew from."""
    found, coverage = open_library(screen).sources()
    topics = [topic for topic in found.topics if not (only_open and coverage[topic.id])]
    covered = sum(bool(coverage[topic.id]) for topic in found.topics)
    if as_json:
        rows = [
            {"id": t.id, "title": t.title, "sources": t.sources, "entries": coverage[t.id]} for t in topics
        ]
        screen.json(topics=rows, covered=covered, total=len(found.topics))
        return
    table = [
        (
            topic.id,
            texts.pick(topic.title, screen.languages[-1:]),
            "; ".join(f"{place.note} {place.sections[0]}" for place in topic.sources),
            texts.listed(coverage[topic.id]) or "-",
        )
        for topic in topics
    ]
    if screen.color:
        from pycli.terminal.color import table as draw

        draw(table, ("topic", "", "note, section", "entries"))
    else:
        screen.write("".join("\t".join(row) + "\n" for row in table))
    screen.notice(f"{covered} of {len(found.topics)} topics are covered")
