"""What a terminal shows."""

import os
import re

import pytest

from pycli.terminal.wrap import columns
from tests.cli.helpers import on_terminal
from tests.conftest import HERE, LIBRARY


def test_a_terminal_gets_colour_unless_told_otherwise():
    assert "\x1b[" in on_terminal("show", "one-hot", "--no-pager")
    assert "\x1b[" not in on_terminal("show", "one-hot", "--no-pager", NO_COLOR="1")
    assert "\x1b[" not in on_terminal("show", "one-hot", "--no-pager", TERM="dumb")
    assert "\x1b[" not in on_terminal("show", "one-hot", "--no-pager", "--color", "never")
    assert "\x1b[" in on_terminal("show", "one-hot", "--no-pager", "--color", "always", NO_COLOR="1")


def test_a_pipe_gets_no_colour_unless_told_to(ptnote):
    assert "\x1b[" not in ptnote("show", "one-hot").out
    assert "\x1b[" in ptnote("show", "one-hot", env={"FORCE_COLOR": "1"}).out


def test_a_long_page_goes_through_the_pager():
    call = ("show", "one-hot", "--all")
    assert on_terminal(*call, PTNOTE_PAGER="sed s/^/PAGED:/").startswith("PAGED:")
    assert "PAGED:" not in on_terminal(*call, "--no-pager", PTNOTE_PAGER="sed s/^/PAGED:/")
    assert "PAGED:" not in on_terminal("show", "one-hot", PTNOTE_PAGER="sed s/^/PAGED:/"), "a card fits"


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_prose_line_is_wider_than_the_terminal(width):
    for name in ("zhongwen", "passes", "reverse-text"):
        screen = on_terminal(
            "show", name, "--all", "--no-pager", "--color=never", columns=width, PTNOTE_PATH=str(LIBRARY)
        )
        code = {line.strip() for path in LIBRARY.glob("*/*.yaml") for line in path.read_text().splitlines()}
        for line in screen.splitlines():
            assert (
                columns(line) <= width
                or line in code
                or line.startswith(("✗ ", "Runtime", "Attribute", "  Source: ", "ptnote: "))
            ), line


@pytest.mark.parametrize("lang", ["en", "zh", "both"])
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("show-passes", ["show", "passes", "--all"]),
        ("show-zhongwen", ["show", "zhongwen", "--all"]),
        ("show-reverse-text", ["show", "reverse-text", "--all"]),
        ("card-passes", ["passes"]),
        ("card-zhongwen", ["zhongwen"]),
        ("card-reverse-text", ["reverse-text"]),
        ("why-reverse-text", ["why", "AttributeError: 'str' object has no attribute 'reverse'"]),
    ],
)
def test_a_page_looks_as_it_did(name, call, lang, small):
    screen = small(*call, "-L", lang, env={"COLUMNS": "80"}).out
    golden = HERE / "golden" / f"{name}-{lang}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(screen)
    assert screen == golden.read_text()


@pytest.mark.parametrize("width", [30, 40, 60, 80])
@pytest.mark.parametrize("lang", ["en", "zh", "both"])
def test_a_card_fits_narrow_terminals_too(width, lang, small):
    screen = small("reverse-text", "-L", lang, env={"COLUMNS": str(width)}).out
    rows = sum(max(1, -(-columns(line) // width)) for line in screen.splitlines())
    assert rows <= 23
    assert "ptnote show reverse-text" in screen or "(--all)" in screen


def test_search_results_look_as_they_did(small):
    screen = small("search", "混合精度", "-n", "2", "-L", "both").out
    golden = HERE / "golden" / "search.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(screen)
    assert screen == golden.read_text()


def test_hits_fit_a_terminal_two_lines_each_with_the_words_marked():
    screen = on_terminal("search", "learning rate", "-L", "en", "--no-pager", "--color=always")
    assert any("rate\x1b[" in line for line in screen.splitlines()[1::2])
    lines = re.sub(r"\x1b\[[\d;]*m", "", screen).splitlines()
    assert 10 <= len(lines) <= 20
    assert [int(line.split()[0]) for line in lines[::2]] == list(range(1, len(lines) // 2 + 1))
    assert all(columns(line) <= 80 for line in lines)


def test_hits_in_a_pipe_are_plain_and_whole(ptnote):
    narrow, wide = (ptnote("search", "learning rate", env={"COLUMNS": size}).out for size in ("40", "200"))
    assert narrow == wide
    assert "…" not in narrow
