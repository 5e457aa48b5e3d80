"""Colors that can be read, whatever the palette of the terminal."""

import re

import click
import pytest

from pycli.terminal.theme import AUTO_CODE, STYLES
from tests.cli.helpers import on_terminal, one_line

NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")

PALETTES = {
    "xterm": "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5"
    " 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff",
    "solarized": "073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5"
    " 002b36 cb4b16 586e75 657b83 839496 6c71c4 93a1a1 fdf6e3",
    "vscode dark": "000000 cd3131 0dbc79 e5e510 2472c8 bc3fbc 11a8cd e5e5e5"
    " 666666 f14c4c 23d18b f5f543 3b8eea d670d6 29b8db e5e5e5",
    "vscode light": "000000 cd3131 00bc00 949800 0451a5 bc05bc 0598bc 555555"
    " 666666 cd3131 14ce14 b5ba00 0451a5 bc05bc 0598bc a5a5a5",
}
BACKGROUNDS = [
    ("xterm", "000000"),
    ("xterm", "ffffff"),
    ("solarized", "002b36"),
    ("solarized", "fdf6e3"),
    ("vscode dark", "1e1e1e"),
    ("vscode light", "ffffff"),
]


def luminance(color: str) -> float:
    """As WCAG defines it."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(color: str, background: str) -> float:
    """From 1, which is invisible, to 21."""
    low, high = sorted((luminance(color), luminance(background)))
    return (high + 0.05) / (low + 0.05)


def colors_of(codes: str) -> list[int]:
    """The numbers of the palette that SGR codes mean; bold is bright on many terminals."""
    numbers = [int(code) for code in re.findall(r"\d+", codes)]
    assert 2 not in numbers, "faint is too faint in Solarized"
    plain = [n - 30 for n in numbers if 30 <= n <= 37]
    return plain + [n - 90 + 8 for n in numbers if 90 <= n <= 97] + [n + 8 for n in plain if 1 in numbers]


@pytest.mark.parametrize(("palette", "background"), BACKGROUNDS)
def test_the_default_theme_is_readable_in_every_palette(palette, background):
    colors = PALETTES[palette].split()
    used = {
        color for style in STYLES["auto"].values() if style for color in colors_of(click.style("", **style))
    }
    used |= {NAMES.index(color.strip("*")) for color in AUTO_CODE.values() if color.strip("*")}
    assert used
    for number in used:
        assert contrast(colors[number], background) >= 3, (palette, background, number)


def test_what_is_shown_uses_the_colors_of_the_theme():
    shown = on_terminal("show", "one-hot", "--all", "--no-pager")
    used = {color for code in re.findall(r"\x1b\[([\d;]*)m", shown) for color in colors_of(code)}
    assert used <= {1, 9, 5, 13}
    assert used


def test_themes_can_be_chosen(tmp_path, ptnote):
    pages = {name: on_terminal("one-hot", "--no-pager", PTNOTE_THEME=name) for name in STYLES}
    assert len(set(pages.values())) == len(STYLES)
    config = tmp_path / "config.toml"
    config.write_text('theme = "light"\n')
    assert on_terminal("one-hot", "--no-pager", PTNOTE_CONFIG=str(config)) == pages["light"]
    assert on_terminal("one-hot", "--no-pager") == pages["auto"]
    done = ptnote("one-hot", "--color", "always", env={"PTNOTE_THEME": "pink"})
    assert done.code == 2
    one_line(done, "PTNOTE_THEME", "auto, dark or light")
    config.write_text('theme = "pink"\n')
    one_line(ptnote("one-hot", env={"PTNOTE_CONFIG": str(config)}), "theme", "auto, dark or light")


def test_every_theme_has_every_style():
    assert len({frozenset(styles) for styles in STYLES.values()}) == 1


def test_less_is_told_to_show_colors():
    show = {"PAGER": 'sh -c "echo LESS is $LESS"'}
    assert "LESS is FRX" in on_terminal("list", **show)
    assert "LESS is -i" in on_terminal("list", **show, LESS="-i")
