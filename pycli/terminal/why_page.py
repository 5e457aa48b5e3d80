"""A diagnosis as blocks: what `why` shows. It fits one screen, and its last lines say what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator

from kb import Diagnosis, Entry, Language, Library, Snippet
from pycli.terminal import labels as texts
from pycli.terminal.blocks import Block, Changes, Gap, Heading, Listed, Prose, Row, rows
from pycli.terminal.excerpt import fitted
from pycli.terminal.hits import hits_page
from pycli.terminal.labels import Languages
from pycli.terminal.output import Screen
from pycli.terminal.wrap import cut

ROWS = 23
"""Rows of an explanation: a terminal of 24 without the row of the prompt."""

MESSAGE_ROWS = 2
"""Rows of a message that are repeated above its explanation."""

FACT_ROWS = 3
"""Rows of what stood on the line that failed."""

LEAST_CODE = 4
"""Rows below which code is left out."""


def why_page(library: Library, diagnosis: Diagnosis, screen: Screen) -> Iterator[Block]:
    """The message, where it comes from, and the code that mends it; or guesses."""
    (shown, _), *rest = cut([(diagnosis.failure.text, "")], MESSAGE_ROWS * screen.width - 1)
    yield Heading(shown + ("…" if rest else ""), "bad")
    if diagnosis.frame:
        code = diagnosis.frame.code
        yield Row(f"{_place(diagnosis)}  {code}".rstrip().replace("`", "'"), style="dim")
    facts = [Prose(told, tight=True)] if (told := _facts(diagnosis, screen.width)) else []
    yield from facts
    yield Gap()
    if diagnosis.entry is None:
        yield from _guesses(library, diagnosis, screen)
    else:
        above = MESSAGE_ROWS + 1 + (diagnosis.frame is not None) + rows(facts, screen.width)
        yield from _explanation(library, diagnosis, diagnosis.entry, screen, above)


def _explanation(
    library: Library, diagnosis: Diagnosis, entry: Entry, screen: Screen, above: int
) -> Iterator[Block]:
    """What the entry says, in the rows that those `above` leave of a screen."""
    languages, width = screen.languages, screen.width
    top: list[Block] = [Heading(f"{entry.id}  {texts.pick(entry.title, languages)}", "id")]
    if hiding := texts.hiding(library, entry.id, languages):
        top.append(Prose(hiding, style="warn", tight=True))
    mend = diagnosis.fix or diagnosis.example
    end = [*_links(diagnosis, entry, languages), *(_key(diagnosis, entry, mend, one) for one in languages)]
    room = ROWS - above - rows([*top, *end], width)
    yield from top
    if room >= LEAST_CODE:
        yield from _code(diagnosis, entry, languages, width, room)
    else:
        yield Gap()
    yield from end


def _code(
    diagnosis: Diagnosis,
    entry: Entry,
    languages: Languages,
    width: int,
    room: int,
) -> list[Block]:
    """What breaks and what works as one listing, or else the code that works, in at most `room` rows."""
    if changes := diagnosis.changes:
        most = room - 1
        while rows([shown := Changes(*changes, most)], width) > room and most > 1:
            most -= 1
        return [shown]
    right = diagnosis.right or entry.snippets[0]
    named = "" if entry.answer or right is entry.snippets[0] else f" {right.name}"
    told = texts.label("code_goes_on", languages[:1]).replace("{id}", entry.id + named)
    return [Gap(), *fitted(diagnosis.code, told, width, room - 1)]


def _facts(diagnosis: Diagnosis, width: int) -> str:
    """What stood on the line: the first that fit into `FACT_ROWS` rows."""
    told = diagnosis.seen.facts if diagnosis.seen else []
    while told and rows([Prose(" · ".join(told), tight=True)], width) > FACT_ROWS:
        told.pop()
    return " · ".join(told).replace("`", "'")


def _key(diagnosis: Diagnosis, entry: Entry, mend: str, language: Language) -> Block:
    """The cause, the line of the reader's program, and the code that mends it."""
    place = f"**{_place(diagnosis)}**: " if diagnosis.frame else ""
    cause = (diagnosis.means or entry.summary).get(language)
    joint = "" if language == "zh" else " "
    fix = f"{joint}{texts.labeled('mend', (language,))}`{mend.replace('`', '')}`" if mend else ""
    return Prose(f"{place}{cause}{fix}", bullet="→ ", tight=True)


def _place(diagnosis: Diagnosis) -> str:
    """File and line of the reader's program, as an editor takes it; relative to the current folder."""
    frame = diagnosis.frame
    if frame is None:
        return ""
    here = os.path.join(os.getcwd(), "")
    return f"{frame.path.removeprefix(here)}:{frame.line}"


def _links(diagnosis: Diagnosis, entry: Entry, languages: Languages) -> Iterator[Block]:
    shown: list[Snippet] = [one for one in (diagnosis.wrong, diagnosis.right) if one]
    names = tuple(one.name for one in shown or entry.snippets[:1])
    wanted = "" if names[0] == entry.snippets[0].name else f" {names[0]}"
    yield Listed(texts.labeled("run", languages), names, tail=f"  ($ `ptnote run {entry.id}{wanted}`)")
    label, tail = texts.labeled("see_also", languages), f"  ($ `ptnote show {entry.id}`)"
    yield Listed(label, entry.see_also, tail=tail)


def _guesses(library: Library, diagnosis: Diagnosis, screen: Screen) -> Iterator[Block]:
    if not diagnosis.guesses:
        yield Prose(texts.label("unexplained", screen.languages), tight=True)
        return
    yield Prose(f"{texts.label('guessed', screen.languages)}:", tight=True)
    yield from hits_page(library, list(diagnosis.guesses), screen)
