"""Themes: the colors of styles and of code.

A terminal's palette is not known here, so the default uses nothing but bold and the two colors that keep a
contrast of 3:1 against the background in the palettes of xterm, VS Code, and both Solarized, on dark and on
light (`tests/cli/test_theme.py` holds these palettes and computes the contrast).
"""

from __future__ import annotations

from typing import Any

Style = dict[str, Any]
"""Keyword arguments of `click.style`."""

_PLAIN: Style = {}
_BOLD: Style = {"bold": True}
_FAINT: Style = {"dim": True}

_AUTO: dict[str, Style] = {
    "": _PLAIN,
    "id": {"fg": "magenta", "bold": True},
    "heading": _BOLD,
    "code": {"fg": "magenta"},
    "code-block": _PLAIN,
    "strong": _BOLD,
    "output": _PLAIN,
    "dim": _PLAIN,
    "bad": {"fg": "red", "bold": True},
    "good": _BOLD,
    "match": {"fg": "magenta", "bold": True},
    "warn": {"fg": "red"},
}

_DARK: dict[str, Style] = {
    **_AUTO,
    "id": {"fg": "cyan", "bold": True},
    "heading": {"fg": "green", "bold": True},
    "code": {"fg": "cyan"},
    "output": _FAINT,
    "dim": _FAINT,
    "good": {"fg": "green"},
    "match": {"fg": "yellow", "bold": True},
    "warn": {"fg": "yellow"},
}

_LIGHT: dict[str, Style] = {
    **_AUTO,
    "id": {"fg": "blue", "bold": True},
    "heading": {"fg": "magenta", "bold": True},
    "code": {"fg": "blue"},
    "output": _FAINT,
    "dim": _FAINT,
}

STYLES = {"auto": _AUTO, "dark": _DARK, "light": _LIGHT}
"""Theme → style → how it looks. The styles are those that blocks are laid out with."""

AUTO_CODE = {
    "Keyword": "**",
    "Operator.Word": "**",
    "Literal.String": "magenta",
    "Literal.Number": "magenta",
    "Error": "red",
}
"""Kind of token → its color in the default theme, as Pygments writes it. The rest is plain."""


def code_colors(theme: str) -> dict[str, Any]:
    """The arguments of Pygments' TerminalFormatter for a theme."""
    if theme != "auto":
        return {"bg": theme}
    from pygments.token import Token, string_to_tokentype

    colors = {string_to_tokentype(kind): (color, color) for kind, color in AUTO_CODE.items()}
    return {"colorscheme": {Token: ("", ""), **colors}}
