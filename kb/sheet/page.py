"""A sheet as one HTML page that needs nothing beside it: styles, program, and pictures are in it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from kb.content.entry import LANGUAGES, Entry
from kb.sheet import labels
from kb.sheet.content import Sheet
from kb.sheet.packages import needs
from kb.sheet.prose import Span, one_line, parts, spans

HERE = Path(__file__).parent


def page(sheet: Sheet) -> bytes:
    """The page for a browser, which holds both languages. Raises MissingExtra."""
    return _rendered(sheet, languages=LANGUAGES, script=_text("page.js"), whole=True)


def printed(sheet: Sheet) -> bytes:
    """The page as it goes to paper: in the languages of the sheet, and without what only a screen needs.
    Raises MissingExtra."""
    return _rendered(sheet, languages=sheet.languages, script="", whole=sheet.everything)


def _rendered(sheet: Sheet, script: str, **names: Any) -> bytes:
    from markupsafe import Markup

    first = sheet.languages[0]
    style = _text("page.css")
    made = _template().render(
        sheet=sheet,
        entries=sheet.entries,
        ids={entry.id for entry in sheet.entries},
        first=first,
        shown="both" if len(sheet.languages) > 1 else first,
        title=one_line(sheet.title.get(first)),
        policy=_policy(style, script),
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        **names,
    )
    return re.sub(r"\n{2,}(?=<)", "\n", made).encode()


def _policy(style: str, script: str) -> str:
    """What a browser lets the page do: its own style and program, and pictures that are in it. So no entry
    can have it load or run anything, whatever stands there."""

    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    allowed = {"default-src": "'none'", "img-src": "data:", "style-src": digest(style)}
    if script:
        allowed["script-src"] = digest(script)
    allowed |= {"base-uri": "'none'", "form-action": "'none'"}
    return "; ".join(f"{name} {value}" for name, value in allowed.items())


@cache
def _template() -> Any:
    with needs():
        import jinja2
        import markupsafe

        from kb.sheet.highlight import highlighted
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.globals.update(
        labels=labels,
        requirements=labels.requirements,
        highlighted=highlighted,
        escape=markupsafe.escape,
        inline=inline,
        prose=prose,
        names=_names,
    )
    return environment.get_template("page.html")


@cache
def _text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _names(entry: Entry) -> str:
    """What people call the entry, one name a line, for the search in the page."""
    return "\n".join(map(one_line, (entry.title.en, entry.title.zh, *entry.aliases, *entry.api, *entry.tags)))


def inline(text: str) -> Any:
    """A line of an entry's Markdown as HTML."""
    from markupsafe import Markup

    return Markup("").join(_span(span) for span in spans(one_line(text)))


def _span(span: Span) -> Any:
    from markupsafe import Markup, escape

    match span.kind:
        case "code":
            return Markup("<code>{}</code>").format(span.text)
        case "strong":
            return Markup("<strong>{}</strong>").format(span.text)
        case "link":
            return Markup('<a href="{}" rel="noreferrer">{}</a>').format(span.url, span.text)
        case _:
            return escape(span.text)


def prose(text: str) -> Any:
    """A text of an entry as HTML."""
    from markupsafe import Markup

    return Markup("\n").join(_blocks(text))


def _blocks(text: str) -> Iterator[Any]:
    from markupsafe import Markup

    opened = ""
    for part in parts(text):
        wanted = {"bullet": "ul", "number": "ol"}.get(part.kind, "")
        if opened and opened != wanted:
            yield Markup("</{}>").format(opened)
        if wanted and opened != wanted:
            start = f' start="{part.number}"' if part.number > 1 else ""
            yield Markup(f"<{wanted}{start}>")  # noqa: S704
        opened = wanted
        if wanted:
            yield Markup("<li>{}</li>").format(inline(part.text))
        elif part.kind == "code":
            yield Markup("<pre class=output>{}</pre>").format(part.text)
        else:
            yield Markup("<p>{}</p>").format(inline(part.text))
    if opened:
        yield Markup("</{}>").format(opened)
