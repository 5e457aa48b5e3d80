"""A sheet as Markdown, as CommonMark has it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kb.content.entry import Entry, Snippet, Text
from kb.sheet import labels
from kb.sheet.content import Sheet
from kb.sheet.prose import one_line, parts, spans

_SPECIAL = re.compile(
    r"\\(?=[!-/:-@\[-`{-~]|$)"  # a backslash that would escape what follows
    r"|`|~~|\](?=[(\[:])"
    r"|(?<![^\W_])_|_(?![^\W_])"  # an underscore within a word means itself
    r"|\*(?=\S)|(?<=\S)\*"
    r"|<(?=[A-Za-z/!?])|&(?=#?\w+;)"
)
"""What Markdown takes for its own within a line."""

_START = re.compile(r"\d{1,9}[.)](?=\s|$)|[-+*#>=~|]")
"""What it takes for its own at the begin of one."""


def markdown(sheet: Sheet) -> bytes:
    """The sheet as a Markdown document in UTF-8."""
    blocks = [] if len(sheet.entries) == 1 else [f"# {escaped(sheet.joined(sheet.title))}"]
    several = len(sheet.groups) > 1
    for group in sheet.groups:
        if several:
            blocks.append(f"## {escaped(sheet.joined(group.title))}")
        for entry in group.entries:
            blocks += entry_blocks(sheet, entry, "###" if several else "##" if blocks else "#")
    return ("\n\n".join(blocks) + "\n").encode()


def escaped(text: str) -> str:
    """A text that is no Markdown, as one line of it that shows the same."""
    return _at_start(_within(one_line(text)))


def line(text: str) -> str:
    """A line of an entry's Markdown, as one of CommonMark."""
    return _at_start(_marked(text))


def fenced(code: str, language: str = "") -> str:
    """A block of code, its fence longer than any that stands in it."""
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`{3,}", code))])
    named = re.sub(r"[^\w+-]", "", language)
    return f"{fence}{named}\n{code.rstrip()}\n{fence}"


def prose(sheet: Sheet, text: Text) -> Iterator[str]:
    """The blocks of a text in each language of the sheet."""
    for said in sheet.said(text):
        items: list[str] = []
        for part in parts(said):
            if part.kind in ("bullet", "number"):
                items.append((f"{part.number}. " if part.number else "- ") + line(part.text))
                continue
            if items:
                yield "\n".join(items)
                items = []
            yield fenced(part.text, part.language) if part.kind == "code" else line(part.text)
        if items:
            yield "\n".join(items)


def pitfalls(sheet: Sheet, entry: Entry) -> Iterator[str]:
    """The pitfalls of an entry as a list with a title."""
    if entry.pitfalls:
        yield _title(sheet, labels.PITFALLS)
        yield _bullets(_told(sheet, one) + _source(sheet, one.source) for one in entry.pitfalls)


def entry_blocks(sheet: Sheet, entry: Entry, mark: str) -> Iterator[str]:
    """An entry: the card, and with `everything` all that it says. `mark` is that of its heading."""
    yield f"{mark} {escaped(sheet.joined(entry.title))}"
    yield from map(line, sheet.said(entry.summary))
    yield fenced(entry.answer or entry.snippets[0].code, "python")
    yield from pitfalls(sheet, entry)
    if sheet.everything:
        yield from prose(sheet, entry.explain)
        for snippet in entry.snippets:
            yield from _snippet(sheet, entry, snippet, f"{mark}#")
        yield from _myths(sheet, entry)
        yield from _errors(sheet, entry)
    if entry.see_also:
        named = ", ".join(f"`{name}`" for name in entry.see_also)
        yield f"{_title(sheet, labels.SEE_ALSO)}: {named}"


def _snippet(sheet: Sheet, entry: Entry, snippet: Snippet, mark: str) -> Iterator[str]:
    title = sheet.joined(snippet.title) if snippet.title else snippet.name
    yield f"{mark} {escaped(title)}"
    if needs := labels.requirements(snippet):
        yield f"{_title(sheet, labels.REQUIRES)}: {escaped(needs)}"
    yield fenced(snippet.code, "python")
    for label, text in ((labels.OUTPUT, snippet.output), (labels.RAISES, snippet.raises)):
        if text:
            yield f"{sheet.joined(label)}:"
            yield fenced(text, "text")
    for figure in sheet.figures_of(entry, snippet):
        yield f"![{escaped(figure.name)}]({figure.address})"


def _myths(sheet: Sheet, entry: Entry) -> Iterator[str]:
    if entry.myths:
        yield _title(sheet, labels.MYTHS)
        truth = sheet.joined(labels.TRUTH)
        yield _bullets(
            f"{_told(sheet, one.said)} {truth}: {_told(sheet, one.truth)}" + _source(sheet, one.source)
            for one in entry.myths
        )


def _errors(sheet: Sheet, entry: Entry) -> Iterator[str]:
    if entry.errors:
        yield _title(sheet, labels.ERRORS)
        yield _bullets(
            escaped(one.match) + (f": {_told(sheet, one.means)}" if one.means else "")
            for one in entry.error_patterns
        )


def _title(sheet: Sheet, label: Text) -> str:
    return f"**{sheet.joined(label)}**"


def _told(sheet: Sheet, text: Text) -> str:
    return " ".join(map(_marked, sheet.said(text)))


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {_at_start(item)}" for item in items)


def _source(sheet: Sheet, source: str | None) -> str:
    return f" ({sheet.joined(labels.SOURCE)}: {_within(one_line(source))})" if source else ""


def _within(text: str) -> str:
    return _SPECIAL.sub(lambda found: "".join(f"\\{character}" for character in found[0]), text)


def _at_start(text: str) -> str:
    found = _START.match(text)
    if not found or text.startswith("**"):
        return text
    place = found.end() - 1
    return f"{text[:place]}\\{text[place:]}"


def _marked(text: str) -> str:
    shown = []
    for span in spans(one_line(text)):
        match span.kind:
            case "code":
                tick = "`" * (1 + max(map(len, re.findall("`+", span.text)), default=0))
                shown.append(f"{tick}{span.text}{tick}")
            case "strong":
                shown.append(f"**{_within(span.text)}**")
            case "link":
                if shown and shown[-1].endswith("!"):  # it would make a picture of the link
                    shown[-1] = f"{shown[-1][:-1]}\\!"
                shown.append(f"[{_within(span.text)}]({span.url})")
            case _:
                shown.append(_within(span.text))
    return "".join(shown)
