"""The man pages: they say what the commands are, in both languages, and man can show them."""

import os
import re
import shutil
import subprocess
import sys
from importlib import metadata

import click
import pytest

from pycli.main import COMMANDS, cli
from tests.conftest import ROOT

PAGES = [ROOT / "docs" / "ptnote.1", ROOT / "docs" / "ptnote.zh.1"]
PINNED = re.search(r"^click==(.*)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)[1]


@pytest.mark.skipif(metadata.version("click") != PINNED, reason="another click lays out names of options")
def test_the_pages_are_current(tmp_path, monkeypatch):
    """`just docs` makes them so."""
    monkeypatch.syspath_prepend(ROOT / "tools")
    import manpage

    assert [path.read_text() for path in PAGES] == [manpage.page(language) for language in manpage.PAGES]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_page_tells_of_every_command_and_option(page):
    text = page.read_text().replace("\\-", "-")
    with click.Context(cli, info_name="ptnote", obj={}) as context:
        for name in COMMANDS:
            (section,) = re.findall(rf"^\.SS ptnote {name}\b.*\n((?:(?!\.S[SH]).*\n)*)", text, re.MULTILINE)
            command = cli.get_command(context, name)
            options = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
            for option in options:
                assert option.opts[-1] in (text if option.name in ("lang", "color", "no_pager") else section)
    said = [line for line in text.splitlines() if not line.startswith((".", "ptnote"))]
    chinese = sum(bool(re.search("[\u3400-\u9fff]", line)) for line in said)
    assert (chinese > len(said) / 2) == (".zh" in page.name)


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_groff_renders_a_page_without_a_warning(page):
    command = ["groff", "-man", "-Tutf8", "-Kutf8", "-ww", page]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "ptnote search" in re.sub("\x1b\\[[0-9;]*m|.\b", "", done.stdout)


@pytest.mark.skipif(not shutil.which("man") or sys.platform != "linux", reason="needs man-db")
@pytest.mark.parametrize("columns", ["80", "40"])
@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_man_shows_a_page(page, columns):
    env = {**os.environ, "MANWIDTH": columns, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["man", "--warnings", "-l", page], capture_output=True, text=True, check=True, env=env
    )
    assert done.stderr == ""
    prose = [line for line in done.stdout.splitlines() if line.startswith(" " * 7) and line[7] != " "]
    assert prose
    assert [line for line in prose if len(line) > int(columns) and " " in line.strip()] == []
