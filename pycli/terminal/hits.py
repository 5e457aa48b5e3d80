"""What a search found, as blocks: numbered, so that `ptnote 3` opens the third."""

from __future__ import annotations

from collections.abc import Iterator

from kb import Hit, Library
from pycli.terminal import labels as texts
from pycli.terminal.blocks import Block, Prose, Row
from pycli.terminal.output import Screen

INDENT = "    "


def hit_line(number: int, hit: Hit, screen: Screen) -> Row:
    """The number, id, and title of a hit; cut to the width of a terminal, whole in a pipe."""
    title = texts.pick(hit.title, screen.languages)
    return Row(f"`{number:>2}`  **{hit.id}**  {title}", whole=not screen.terminal)


def hits_page(library: Library, hits: list[Hit], screen: Screen, explain: bool = False) -> Iterator[Block]:
    """Two lines for each hit, the second with its summary; with `explain`, also how its score came about.

    A terminal shows the summary in one language only, so that ten hits fit its 24 rows.
    """
    spoken = screen.languages[:1] if screen.terminal else screen.languages
    for number, hit in enumerate(hits, 1):
        yield hit_line(number, hit, screen)
        for language in spoken:
            yield Row(
                hit.summary.get(language),
                indent=INDENT,
                marked=_matched(hit),
                whole=not screen.terminal,
            )
        if hiding := texts.hiding(library, hit.id, screen.languages):
            yield Prose(hiding, style="warn", indent=INDENT, tight=True)
        if explain:
            yield from (
                Prose(line, style="dim", indent=INDENT, tight=True) for line in _explained(hit, screen)
            )


def _matched(hit: Hit) -> tuple[str, ...]:
    """The words of the entry that the question asks for; of a phrase also each of its words."""
    said = [words for one in hit.explanation.contributions for words in (one.unit, one.said)]
    return tuple(dict.fromkeys(word for words in said for word in (words, *words.split()) if len(word) > 1))


def _explained(hit: Hit, screen: Screen) -> Iterator[str]:
    """How the score came about: a line for each part of the question, one for the rest."""
    spoken = screen.languages[:1]
    explanation = hit.explanation
    typical = texts.label("typical", spoken)
    for one in explanation.contributions:
        instead = f" ({one.said})" if one.said else ""
        places = texts.listed(texts.field(name, spoken) for name in one.fields)
        yield f"{one.value:7.2f}  {one.unit}{instead}: {places}; {typical} {one.typical:.0%}"
    named = next((why.field for why in hit.why if why.field in ("name", "message")), "")
    first = f"{texts.field(named, spoken)}; " if named else ""
    yield f"{hit.score:7.2f}  {first}" + texts.label("score", spoken).format(
        coverage=f"{explanation.coverage:.0%}",
        name=explanation.name,
        likeness=f"{explanation.likeness:.0%}",
        wording=f"{explanation.wording:.0%}",
        gained=f"{explanation.gained:.2f}",
        raised=f"{explanation.raised - 1:.0%}",
    )
