"""An entry as a card: what fits one screen, with the code that a reader came for before any prose."""

from __future__ import annotations

from collections.abc import Iterable

from kb import Entry, Library
from pycli.terminal import labels as texts
from pycli.terminal.blocks import Block, Gap, Heading, Listed, Prose, Row, rows
from pycli.terminal.excerpt import fitted
from pycli.terminal.labels import Languages
from pycli.terminal.wrap import columns

ANSWER_ROWS = 23
"""Rows of the card of an entry with an answer: a terminal of 24 without the row of the prompt."""

SNIPPET_ROWS = 39
"""Rows of the card of any other entry, which shows a whole program instead."""


def card(
    library: Library, entry: Entry, languages: Languages, width: int, taken: int = 0, related: bool = True
) -> list[Block]:
    """The card of an entry, for a terminal of `width` columns, however many rows it has.

    `taken` rows are left for what the caller shows below it; without `related` the entries to read next
    are not named.
    """
    room = (ANSWER_ROWS if entry.answer else SNIPPET_ROWS) - taken
    top = [*_top(library, entry, languages), Gap()]
    links = _links(entry, languages, related)
    more = _more(entry, languages, 0, width)
    room -= rows([*top, *links, more], width)
    code = _code(entry, languages, width, room)
    room -= rows(code, width)
    pitfalls = _pitfalls(entry, languages, width, room - 1)
    shown = [block for blocks in pitfalls for block in blocks]
    more = _more(entry, languages, len(entry.pitfalls) - len(pitfalls), width)
    return [*top, *code, *shown, *([Gap()] if shown else []), *links, more]


def _top(library: Library, entry: Entry, languages: Languages) -> Iterable[Block]:
    """What the entry is called, the answer in words, and what its code needs."""
    yield Heading(f"{entry.id}  {texts.pick(entry.title, languages)}", "id")
    if hiding := texts.hiding(library, entry.id, languages):
        yield Prose(hiding, style="warn", tight=True)
    for language in languages:
        yield Prose(entry.summary.get(language), tight=True)
    if needs := texts.requirements(entry.snippets[0]):
        yield Row(f"{texts.labeled('requires', languages)}{needs}", style="warn")


def _code(entry: Entry, languages: Languages, width: int, room: int) -> list[Block]:
    """The answer, or else the first snippet; its beginning if it takes more than `room` rows."""
    told = texts.label("code_goes_on", languages[:1]).replace("{id}", entry.id)
    return fitted(entry.answer or entry.snippets[0].code, told, width, room)


def _pitfalls(entry: Entry, languages: Languages, width: int, room: int) -> list[list[Block]]:
    """The pitfalls that fit `room` rows together, in their order."""
    shown: list[list[Block]] = []
    for pitfall in entry.pitfalls:
        blocks: list[Block] = [Prose(pitfall.get(languages[0]), bullet="! ", tight=True)]
        blocks += [Prose(pitfall.get(other), indent="  ", tight=True) for other in languages[1:]]
        size = rows(blocks, width)
        if size <= room:
            room -= size
            shown.append(blocks)
    return shown


def _links(entry: Entry, languages: Languages, related: bool) -> list[Block]:
    """What else there is to run and to read, a line each, with what to type for it."""
    names = tuple(snippet.name for snippet in entry.snippets)
    example = next((f" {name}" for name in names[1:] if not name.startswith(("wrong", "right"))), "")
    listed = texts.labeled("run", languages)
    links: list[Block] = [Listed(listed, names, tail=f"  ($ `ptnote run {entry.id}{example}`)")]
    if entry.proofs:
        proved = texts.counted("proved", "proved_one", len(entry.proofs), languages)
        links.append(Listed(f"**{proved}**", (), tail=f"  ($ `ptnote show {entry.id} --proofs`)"))
    if related and entry.see_also:
        links.append(Listed(texts.labeled("see_also", languages), entry.see_also))
    return links


def _more(entry: Entry, languages: Languages, left_out: int, width: int) -> Block:
    """How to see all of it, and how many pitfalls had no room."""
    items = [texts.label("explanation", languages)]
    label, tail = texts.labeled("more", languages), f"  ($ `ptnote show {entry.id} --all`)"
    if left_out:
        counted = texts.counted("pitfalls_more", "pitfalls_one", left_out, languages)
        if columns(f"{label}{counted}{tail}".replace("*", "").replace("`", "")) > width:
            return Row(f"{counted}  (`--all`)")
        items.insert(0, counted)
    return Listed(label, tuple(items), tail=tail, counted=False)
