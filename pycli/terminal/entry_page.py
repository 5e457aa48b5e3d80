"""An entry as blocks: what `show` shows, in reading order."""

from __future__ import annotations

from collections.abc import Iterator

from kb import Entry, Library, Snippet, Text
from pycli.terminal import labels as texts
from pycli.terminal.blocks import Block, Code, Gap, Heading, Prose, Verbatim
from pycli.terminal.labels import Languages


def entry_page(library: Library, entry: Entry, languages: Languages) -> Iterator[Block]:
    """All that is known of an entry."""
    yield Heading(texts.pick(entry.title, languages), "id")
    place = "  ".join((f"{entry.category}/{entry.id}", *(f"#{tag}" for tag in entry.tags)))
    hiding = texts.hiding(library, entry.id, languages)
    yield Prose(place, style="dim", tight=bool(hiding))
    if hiding:
        yield Prose(hiding, style="warn")
    for language in languages:
        yield Prose(entry.explain.get(language))
    for snippet in entry.snippets:
        yield from snippet_page(entry, snippet, languages)
    yield from _bullets("pitfalls", entry.pitfalls, languages, "!")
    yield from _myths(entry, languages)
    yield from _footer(library, entry, languages)


def snippet_page(entry: Entry, snippet: Snippet, languages: Languages) -> Iterator[Block]:
    """A snippet: what it shows, what it needs, its code, what it prints or raises."""
    title = texts.pick(snippet.title, languages) if snippet.title else ""
    command = f"ptnote run {entry.id}" + ("" if snippet is entry.snippets[0] else f" -s {snippet.name}")
    yield Heading(f"── {title or command}")
    needs = requirements(snippet)
    if needs:
        yield Prose(f"{texts.label('requires', languages)}: {needs}", style="warn", tight=True)
    yield Code(snippet.code)
    if snippet.output:
        yield Heading(f"{texts.label('output', languages)}  ($ {command})", "dim")
        yield Verbatim(snippet.output)
    if snippet.raises:
        yield Heading(f"{texts.label('raises', languages)}  ($ {command})", "dim")
        yield Verbatim(snippet.raises, "bad")


def requirements(snippet: Snippet) -> str:
    """What a snippet needs, in one line; empty when that is only torch."""
    needs = snippet.requires
    parts = [*needs.packages]
    if needs.device:
        parts.append(needs.device.upper())
    if needs.ranks > 1:
        parts.append(f"torchrun × {needs.ranks}")
    if needs.min_torch:
        parts.append(f"torch ≥ {needs.min_torch}")
    return texts.listed(parts)


def _bullets(name: str, items: tuple[Text, ...], languages: Languages, mark: str) -> Iterator[Block]:
    if not items:
        return
    yield Heading(texts.label(name, languages))
    for item in items:
        yield Prose(item.get(languages[0]), bullet=f"{mark} ", tight=True)
        for language in languages[1:]:
            yield Prose(item.get(language), indent="  ", tight=True)
    yield Gap()


def _myths(entry: Entry, languages: Languages) -> Iterator[Block]:
    if not entry.myths:
        return
    yield Heading(texts.label("myths", languages))
    for myth in entry.myths:
        for language in languages:
            yield Prose(myth.said.get(language), style="bad", bullet="✗ ", tight=True)
            yield Prose(myth.truth.get(language), bullet="✓ ", tight=True)
    yield Gap()


def _footer(library: Library, entry: Entry, languages: Languages) -> Iterator[Block]:
    origins = [f"{note.title} ({', '.join(sections)})" for note, sections in library.origins(entry)]
    rows = (
        ("errors", tuple(message.match for message in entry.error_patterns), " | "),
        ("api", entry.api, ", "),
        ("aliases", entry.aliases, ", "),
        ("see_also", entry.see_also, ", "),
        ("from", origins, "; "),
    )
    for name, items, joint in rows:
        if items:
            yield Prose(f"**{texts.label(name, languages)}**: {joint.join(items)}", tight=True)
