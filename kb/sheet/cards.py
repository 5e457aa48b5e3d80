"""A sheet as Anki cards: a card for each entry, and one for each error message that an entry explains."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from typing import Any

from kb.content.entry import Entry, ErrorPattern, Text
from kb.scratch import throwaway
from kb.sheet import labels
from kb.sheet.content import Figure, Group, Sheet
from kb.sheet.packages import needs

CSS = """\
.card { font: 18px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
  max-width: 44rem; margin: 1rem auto; padding: 0 1rem; }
pre { font: .8em/1.45 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-x: auto;
  padding: .6rem .8rem; border: 1px solid #8886; border-radius: 6px; text-align: left; }
.l { display: block; min-height: 1.45em; }
.id { opacity: .6; font-size: .8em; }
img { max-width: 100%; }
.c { color: #5a6570; } .k, .ow { color: #a01b5b; } .s { color: #1b6b3a; } .m { color: #0a58b5; }
.nightMode .c { color: #93a0ad; } .nightMode .k, .nightMode .ow { color: #ff8fc0; }
.nightMode .s { color: #8bd6a0; } .nightMode .m { color: #8ec3ff; }
"""

QUESTION = "<h3>{{Question}}</h3>"
ANSWER = "{{FrontSide}}<hr id=answer>{{Answer}}<p class=id>{{Id}}</p>"


def cards(sheet: Sheet) -> bytes:
    """The package of cards. Ids depend on nothing but the names of entries, so that importing a later package
    changes cards that are there, with what was learned about them. Raises MissingExtra."""
    with needs():
        import genanki
        import markupsafe  # noqa: F401 - below, each field is made with it
    model = genanki.Model(
        _number("model"),
        "ptnote",
        fields=[{"name": name} for name in ("Question", "Answer", "Id")],
        templates=[{"name": "Card", "qfmt": QUESTION, "afmt": ANSWER}],
        css=CSS,
    )
    decks = [_deck(genanki, model, sheet, group) for group in sheet.groups]
    with throwaway() as folder:
        media = [folder / _media_name(figure) for figure in sheet.figures]
        for path, figure in zip(media, sheet.figures, strict=True):
            path.write_bytes(figure.data)
        package = genanki.Package(decks, media_files=[str(path) for path in media])
        made = io.BytesIO()
        package.write_to_file(made)
    return made.getvalue()


def _deck(genanki: Any, model: Any, sheet: Sheet, group: Group) -> Any:
    deck = genanki.Deck(_number(f"deck {group.category}"), f"PyTorch::{sheet.joined(group.title)}")
    for entry in group.entries:
        notes = [("entry", _title(sheet, entry.title), _card(sheet, entry))]
        notes += [
            (
                "\n".join((pattern.match, *pattern.when)),
                _message(sheet, pattern),
                _mended(sheet, entry, pattern),
            )
            for pattern in entry.error_patterns
            if pattern.means
        ]
        for kind, question, answer in notes:
            note = genanki.Note(
                model=model,
                fields=[str(question), str(answer), entry.id],
                tags=[tag.replace(" ", "-") for tag in ("ptnote", group.category, *entry.tags)],
                guid=genanki.guid_for("ptnote", entry.id, kind),
            )
            deck.add_note(note)
    return deck


def _title(sheet: Sheet, text: Text) -> Any:
    from markupsafe import escape

    return escape(sheet.joined(text))


def _card(sheet: Sheet, entry: Entry) -> Any:
    """The answer, what goes wrong, and with `everything` the explanation."""
    from markupsafe import Markup

    return Markup("\n").join(_card_parts(sheet, entry))


def _card_parts(sheet: Sheet, entry: Entry) -> Iterator[Any]:
    from markupsafe import Markup

    from kb.sheet.highlight import highlighted
    from kb.sheet.page import inline, prose

    for said in sheet.said(entry.summary):
        yield Markup("<p>{}</p>").format(inline(said))
    yield Markup("<pre>{}</pre>").format(highlighted(entry.answer or entry.snippets[0].code))
    if entry.pitfalls:
        items = (Markup("<br>").join(map(inline, sheet.said(one))) for one in entry.pitfalls)
        yield Markup("<ul>{}</ul>").format(Markup("").join(map(Markup("<li>{}</li>").format, items)))
    if sheet.everything:
        yield from map(prose, sheet.said(entry.explain))
    for snippet in entry.snippets:
        for figure in sheet.figures_of(entry, snippet):
            yield Markup('<img src="{}">').format(_media_name(figure))


def _message(sheet: Sheet, pattern: ErrorPattern) -> Any:
    """The message, below what must stand nearby: one message may have several causes."""
    from markupsafe import Markup

    asked = _title(sheet, labels.ERROR_MEANS)
    return Markup("{}<pre>{}</pre>").format(asked, "\n".join((*pattern.when[:1], pattern.match)))


def _mended(sheet: Sheet, entry: Entry, pattern: ErrorPattern) -> Any:
    from markupsafe import Markup

    from kb.sheet.highlight import highlighted
    from kb.sheet.page import inline

    assert pattern.means is not None
    parts = [Markup("<p>{}</p>").format(inline(said)) for said in sheet.said(pattern.means)]
    if pattern.pair:
        code = next((one.code for one in entry.snippets if one.name == pattern.pair[1]), "")
        parts.append(Markup("<pre>{}</pre>").format(highlighted(code)))
    return Markup("\n").join(parts)


def _media_name(figure: Figure) -> str:
    """A name that no other package uses; Anki keeps the files of all of them in one folder."""
    name = "".join(one if one.isalnum() or one in "-." else "_" for one in figure.name.split("/")[-1])
    return f"ptnote-{figure.entry}-{figure.snippet}-{name}"


def _number(name: str) -> int:
    """The same number for a name every time, in the range that Anki takes for ids."""
    digest = hashlib.sha256(f"ptnote {name}".encode()).digest()
    return (1 << 30) + int.from_bytes(digest[:4], "big") % (1 << 30)
