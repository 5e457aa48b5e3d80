"""An entry as blocks: all of it, one snippet of it, or what it proves, in reading order."""

from __future__ import annotations

from collections.abc import Iterator

from kb import Entry, Library, Snippet, parameters_of
from kb.errors import BadValue
from pycli.terminal import labels as texts
from pycli.terminal.blocks import Block, Code, Gap, Heading, Listed, Prose, Row, Verbatim
from pycli.terminal.labels import Languages


def entry_page(library: Library, entry: Entry, languages: Languages) -> Iterator[Block]:
    """All that is known of an entry: what to paste first, then what there is to read."""
    yield from opening(library, entry, languages)
    if entry.answer:
        yield Gap()
        yield Code(entry.answer)
    yield from explanation(entry, languages)
    for snippet in entry.snippets:
        yield from snippet_page(entry, snippet, languages)
    yield from closing(entry, languages)


def opening(library: Library, entry: Entry, languages: Languages) -> Iterator[Block]:
    """What stands above the answer: what the entry is called, where it belongs, the answer in words."""
    yield Heading(texts.pick(entry.title, languages), "id")
    place = "  ".join((f"{entry.category}/{entry.id}", *(f"#{tag}" for tag in entry.tags)))
    hiding = texts.hiding(library, entry.id, languages)
    yield Prose(place, style="dim", tight=bool(hiding))
    if hiding:
        yield Prose(hiding, style="warn")
    if entry.answer:
        for language in languages:
            yield Prose(entry.summary.get(language), tight=True)


def explanation(entry: Entry, languages: Languages) -> Iterator[Block]:
    """What there is to read between the answer and the snippets."""
    for language in languages:
        yield Prose(entry.explain.get(language))


def closing(entry: Entry, languages: Languages) -> Iterator[Block]:
    """What stands below the snippets."""
    yield from _pitfalls(entry, languages)
    yield from _myths(entry, languages)
    yield from _errors(entry, languages)
    yield from _footer(entry, languages)


def snippet_page(entry: Entry, snippet: Snippet, languages: Languages) -> Iterator[Block]:
    """A snippet: what it shows, what it needs, its code, what it prints or raises."""
    title = texts.pick(snippet.title, languages) if snippet.title else ""
    command = f"ptnote run {entry.id}" + ("" if snippet is entry.snippets[0] else f" {snippet.name}")
    yield Heading(f"── {title or command}")
    needs = texts.requirements(snippet)
    if needs:
        yield Row(f"{texts.labeled('requires', languages)}{needs}", style="warn")
    yield Code(snippet.code)
    yield from expectation(snippet, languages, f"  ($ {command})")
    yield from _parameters(entry, snippet, languages)


def expectation(snippet: Snippet, languages: Languages, tail: str = "") -> Iterator[Block]:
    """What a snippet prints or raises."""
    if snippet.output:
        yield Heading(f"{texts.label('output', languages)}{tail}", "dim")
        yield Verbatim(snippet.output)
    if snippet.raises:
        yield Heading(f"{texts.label('raises', languages)}{tail}", "dim")
        yield Verbatim(snippet.raises, "bad")


def _parameters(entry: Entry, snippet: Snippet, languages: Languages) -> Iterator[Block]:
    """The values that can be changed, each as what to type behind `ptnote run`."""
    if not snippet.parameters:
        return
    try:
        values = parameters_of(entry, snippet)
    except BadValue:  # `check` says what is wrong
        return
    for value in values:
        told = f"  {texts.pick(value.help, languages)}" if value.help else ""
        setting = f"`--set {value.name}={value.written}`"
        yield Prose(f"{texts.labeled('change', languages)}{setting}{told}", tight=True)
    yield Gap()


def proofs_page(entry: Entry, languages: Languages) -> Iterator[Block]:
    """The statements that the entry proves, each with the code that proves it."""
    proved = texts.counted("proved", "proved_one", len(entry.proofs), languages)
    yield Heading(f"{entry.id}  {texts.pick(entry.title, languages)}", "id")
    yield Row(f"{proved}  ($ `ptnote test {entry.id}`)", style="dim")
    yield Row(entry.proofs_path, style="dim", whole=True)
    yield Gap()
    for proof in entry.proofs:
        yield Heading(f"── {proof.says}")
        yield Code(entry.proof_code(proof))


def _source(source: str | None, languages: Languages) -> Iterator[Block]:
    if source:
        yield Row(f"{texts.label('source', languages)}: {source}", style="dim", indent="  ", whole=True)


def _pitfalls(entry: Entry, languages: Languages) -> Iterator[Block]:
    if not entry.pitfalls:
        return
    yield Heading(texts.label("pitfalls", languages))
    for pitfall in entry.pitfalls:
        yield Prose(pitfall.get(languages[0]), bullet="! ", tight=True)
        for language in languages[1:]:
            yield Prose(pitfall.get(language), indent="  ", tight=True)
        yield from _source(pitfall.source, languages)
    yield Gap()


def _myths(entry: Entry, languages: Languages) -> Iterator[Block]:
    if not entry.myths:
        return
    yield Heading(texts.label("myths", languages))
    for myth in entry.myths:
        for language in languages:
            yield Prose(myth.said.get(language), style="bad", bullet="✗ ", tight=True)
            yield Prose(myth.truth.get(language), bullet="✓ ", tight=True)
        yield from _source(myth.source, languages)
    yield Gap()


def _errors(entry: Entry, languages: Languages) -> Iterator[Block]:
    """The messages that the entry explains."""
    if not entry.errors:
        return
    yield Heading(texts.label("errors", languages))
    for pattern in entry.error_patterns:
        yield Prose(pattern.match, bullet="✗ ", tight=True)
    yield Gap()


def _footer(entry: Entry, languages: Languages) -> Iterator[Block]:
    """What else it is called, what it proves, and what to read next, a line each."""
    for name, items in (("api", entry.api), ("aliases", entry.aliases), ("see_also", entry.see_also)):
        if items:
            yield Listed(texts.labeled(name, languages), items)
    if entry.proofs:
        proved = texts.counted("proved", "proved_one", len(entry.proofs), languages)
        yield Listed(f"**{proved}**", (), tail=f"  ($ `ptnote show {entry.id} --proofs`)")
