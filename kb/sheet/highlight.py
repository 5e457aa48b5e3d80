"""Python code as HTML in colors, a line of code an element, so that a page can break long lines neatly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from markupsafe import Markup

_KEPT = ("Comment", "Keyword", "Literal.String", "Literal.Number", "Operator.Word", "Name.Decorator")
"""The kinds of tokens that have a color; the rest is plain, which keeps pages small."""


def highlighted(code: str) -> Markup:
    """The code as HTML, without the element around it."""
    from pygments import highlight

    lexer, formatter = _tools()
    made = highlight(code.rstrip("\n"), lexer, formatter).removesuffix("\n")
    # each line ends in a line break of its own, so that the text of the element is the code
    return Markup("".join(f"<span class=l>{line}\n</span>" for line in made.split("\n")))  # noqa: S704


@cache
def _tools() -> tuple[Any, Any]:
    """The lexer and the formatter of pygments."""
    from pygments.filter import simplefilter
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer
    from pygments.token import Token, string_to_tokentype

    kept = [string_to_tokentype(name) for name in _KEPT]

    @simplefilter
    def few_kinds(
        _self: Any, _lexer: Any, stream: Iterable[tuple[Any, str]], _options: Any
    ) -> Iterator[tuple[Any, str]]:
        for kind, text in stream:
            yield next((each for each in kept if kind in each), Token.Text), text

    lexer = PythonLexer(stripnl=False, ensurenl=False)
    lexer.add_filter(few_kinds())
    lexer.add_filter("tokenmerge")
    return lexer, HtmlFormatter(nowrap=True)
