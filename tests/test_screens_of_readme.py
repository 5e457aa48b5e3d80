"""The pictures of README: text as wide as on a terminal, the same for the same output, and nothing from the
network."""

import html
import re

import pytest

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
PICTURES = sorted((ROOT / "docs" / "screens").glob("*.svg"))
PIECE = re.compile(r'<text class="[^"]*-r\d+" x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"[^>]*>([^<]*)<')


@pytest.fixture
def screens(monkeypatch):
    """The script that makes them."""
    monkeypatch.syspath_prepend(ROOT / "tools")
    import screens

    return screens


def test_wide_characters_take_two_columns(screens):
    shown = "one-hot  \x1b[1m独热编码\x1b[0m：F.one_hot <&>"
    made = screens.picture("card.zh", "ptnote 独热", shown)
    assert made == screens.picture("card.zh", "ptnote 独热", shown)
    pieces = [(float(x), float(length), html.unescape(text)) for x, _, length, text in PIECE.findall(made)]
    told = "".join(text for _, _, text in pieces).replace("\xa0", " ")
    assert "$ ptnote 独热one-hot  独热编码：F.one_hot <&>" in told
    for _, length, text in pieces:
        columns = sum(2 if ord(character) > 0x2E80 else 1 for character in text)
        assert length == pytest.approx(columns * screens.COLUMN)
    (wide,) = [x for x, _, text in pieces if text == "独热编码"]
    assert wide == pytest.approx(9 * screens.COLUMN)


def test_a_terminal_is_what_the_command_sees(screens, tmp_path):
    asked = "test -t 1 && echo $COLUMNS $PTNOTE_LANG && printf '\\033[1mbold'"
    assert screens.output(asked, "zh", tmp_path) == "80 zh\n\x1b[1mbold"


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_a_picture_asks_for_nothing_from_elsewhere(picture):
    text = picture.read_text()
    assert not re.search(r"@font-face|@import|href|url\((?!#)", text)
    assert "$" in text


def test_pictures_are_those_of_the_script_and_of_readme(screens):
    assert {path.stem for path in PICTURES} == set(screens.SCREENS)
    shown = re.findall(r"docs/screens/([\w.]+)\.svg", README)
    assert shown
    assert set(shown) <= set(screens.SCREENS)
