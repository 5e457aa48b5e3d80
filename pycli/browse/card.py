"""An entry as the card beside the list: what to paste, what goes wrong, and what else there is."""

from __future__ import annotations

from collections.abc import Iterator

from kb import Entry, Library
from pycli.terminal import labels as texts
from pycli.terminal.blocks import Block, Code, Gap, Heading, Prose, Row
from pycli.terminal.labels import Languages


def card(library: Library, entry: Entry, languages: Languages) -> Iterator[Block]:
    """The card of an entry; unlike that of `ptnote show` it may be longer than a screen."""
    yield Heading(texts.pick(entry.title, languages), "id")
    if hiding := texts.hiding(library, entry.id, languages):
        yield Prose(hiding, style="warn", tight=True)
    for language in languages:
        yield Prose(entry.summary.get(language), tight=True)
    if needs := texts.requirements(entry.snippets[0]):
        yield Row(f"{texts.labeled('requires', languages)}{needs}", style="warn")
    yield Gap()
    yield Code(entry.answer or entry.snippets[0].code)
    for pitfall in entry.pitfalls:
        yield Prose(pitfall.get(languages[0]), bullet="! ", tight=True)
        for other in languages[1:]:
            yield Prose(pitfall.get(other), indent="  ", tight=True)
    yield Gap()
    names = [snippet.name for snippet in entry.snippets]
    for label, items in (("run", names), ("see_also", entry.see_also)):
        if items:
            yield Prose(f"{texts.labeled(label, languages)}{texts.listed(items)}", tight=True)
    if entry.proofs:
        yield Prose(texts.counted("proved", "proved_one", len(entry.proofs), languages), tight=True)
