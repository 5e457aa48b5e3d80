"""A diagnosis as blocks: what `why` shows, in reading order."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from kb import Diagnosis, Entry, Library, Snippet
from pycli.terminal import labels as texts
from pycli.terminal.blocks import Block, Changes, Gap, Heading, Prose
from pycli.terminal.entry_page import snippet_page
from pycli.terminal.labels import Languages

MESSAGE_WIDTH = 400
"""Characters of a message that are repeated above its explanation."""

ALIKE = 0.5
"""Share of equal lines from which on two snippets are shown as one listing with changed lines."""


def why_page(library: Library, diagnosis: Diagnosis, languages: Languages) -> Iterator[Block]:
    """The message, its cause, and the snippets that break and work; or guesses."""
    message = diagnosis.failure.text
    shown = message if len(message) <= MESSAGE_WIDTH else message[:MESSAGE_WIDTH] + " …"
    yield Heading(shown, "bad")
    yield Gap()
    if diagnosis.entry is None:
        yield from _guesses(diagnosis, languages)
    else:
        yield from _explanation(library, diagnosis, diagnosis.entry, languages)


def _explanation(
    library: Library, diagnosis: Diagnosis, entry: Entry, languages: Languages
) -> Iterator[Block]:
    yield Heading(f"{entry.id}  {texts.pick(entry.title, languages)}", "id")
    if hiding := texts.hiding(library, entry.id, languages):
        yield Prose(hiding, style="warn", tight=True)
    if diagnosis.means:
        for language in languages:
            yield Prose(diagnosis.means.get(language), bullet="→ ", tight=True)
    yield Gap()
    for language in languages:
        yield Prose(entry.explain.get(language))
    yield from _pair(diagnosis, entry, languages)
    more = [f"ptnote show {entry.id}", *(f"ptnote show {other}" for other in entry.see_also[:2])]
    yield Prose(f"**{texts.label('see_also', languages)}**: {', '.join(more)}", tight=True)


def _pair(diagnosis: Diagnosis, entry: Entry, languages: Languages) -> Iterator[Block]:
    """The snippets that break and work, or the first snippet of an entry that has no such pair."""
    wrong, right = diagnosis.wrong, diagnosis.right or entry.snippets[0]
    if wrong is None:
        yield from snippet_page(entry, right, languages)
    elif diagnosis.right is None or _likeness(wrong, right) < ALIKE:
        yield from snippet_page(entry, wrong, languages)
        yield from snippet_page(entry, right, languages)
    else:
        runs = f"$ ptnote run {entry.id} -s {wrong.name};  ptnote run {entry.id} -s {right.name}"
        yield Heading(f"── {texts.label('pair', languages)}")
        yield Changes(wrong.code, right.code)
        yield Heading(runs, "dim")
        yield Gap()


def _likeness(wrong: Snippet, right: Snippet) -> float:
    return difflib.SequenceMatcher(None, wrong.code.splitlines(), right.code.splitlines()).ratio()


def _guesses(diagnosis: Diagnosis, languages: Languages) -> Iterator[Block]:
    if not diagnosis.guesses:
        yield Prose(f"{texts.label('unexplained', languages)}; ptnote list -t error", tight=True)
        return
    yield Prose(f"{texts.label('guessed', languages)}:", tight=True)
    for hit in diagnosis.guesses:
        yield Heading(f"{hit.id}  {texts.pick(hit.title, languages)}", "id")
        for language in languages:
            yield Prose(hit.summary.get(language), indent="    ", tight=True)
