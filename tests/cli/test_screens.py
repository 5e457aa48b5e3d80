"""What a terminal shows."""

import os

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
    assert on_terminal("show", "one-hot", PTNOTE_PAGER="sed s/^/PAGED:/").startswith("PAGED:")
    assert "PAGED:" not in on_terminal("show", "one-hot", "--no-pager", PTNOTE_PAGER="sed s/^/PAGED:/")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_prose_line_is_wider_than_the_terminal(width):
    for name in ("zhongwen", "passes"):
        screen = on_terminal(
            "show", name, "--no-pager", "--color=never", columns=width, PTNOTE_PATH=str(LIBRARY)
        )
        code = {
            line
            for path in LIBRARY.glob("*/*.yaml")
            for line in path.read_text().replace("      ", "").splitlines()
        }
        for line in screen.splitlines():
            assert columns(line) <= width or line in code or "RuntimeError" in line, line


@pytest.mark.parametrize("lang", ["en", "zh", "both"])
@pytest.mark.parametrize("name", ["passes", "zhongwen"])
def test_a_page_looks_as_it_did(name, lang, small):
    screen = small("show", name, "-L", lang, env={"COLUMNS": "80"}).out
    golden = HERE / "golden" / f"show-{name}-{lang}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(screen)
    assert screen == golden.read_text()


def test_search_results_look_as_they_did(small):
    screen = small("search", "混合精度", "-n", "2", "-L", "both", env={"COLUMNS": "80"}).out
    golden = HERE / "golden" / "search.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(screen)
    assert screen == golden.read_text()
