"""The pages about tasks: what they say one types is typed, and what is printed is what they say."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kb.run import expected as compare
from tests.conftest import ROOT
from tests.processes import PATIENCE

TASKS = ROOT / "docs" / "tasks"
PAGES = sorted(TASKS.glob("*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STEP = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


def blocks(page: Path) -> list[tuple[str, str]]:
    return BLOCK.findall(page.read_text())


def steps(page: Path) -> list[str]:
    return [command for kind, text in blocks(page) if kind == "console" for command, _ in STEP.findall(text)]


def name_of(page: Path) -> str:
    return page.name


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """Runs a command line as a reader would type it, in one folder; what it says on stdout and stderr."""
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)

    def run(command: str, language: str) -> str:
        done = subprocess.run(
            ["bash", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=tmp_path,
            env={**os.environ, "PTNOTE_LANG": language},
            timeout=5 * PATIENCE,
            encoding="utf-8",
        )
        return done.stdout

    return run


@pytest.mark.needs_torch
@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_a_page_types_gives_what_it_shows(page, shell, tmp_path):
    language = "zh" if page.name.endswith(".zh.md") else "en"
    wrong = []
    for kind, text in blocks(page):
        if named := re.match(r"# ([\w./-]+\.\w+)\n", text):
            path = tmp_path / named[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text[named.end() :])
        elif kind == "console":
            for command, screen in STEP.findall(text):
                said = shell(command, language)
                if not compare.output_matches(screen, said):
                    wrong.append(f"$ {command}\n{said}")
    assert wrong == []


@pytest.mark.parametrize("page", [page for page in PAGES if ".zh" not in page.name], ids=name_of)
def test_both_languages_have_the_same_steps(page):
    other = page.with_suffix(".zh.md")
    assert [re.sub('".*?"', '""', step) for step in steps(page)] == [
        re.sub('".*?"', '""', step) for step in steps(other)
    ]
    assert [kind for kind, _ in blocks(page)] == [kind for kind, _ in blocks(other)]
    assert len(steps(page)) > 3


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere_and_the_readme_knows_the_page(page):
    targets = re.findall(r"\]\(([^)#]+)\)", page.read_text())
    assert [one for one in targets if "://" not in one and not (page.parent / one).exists()] == []
    assert f"docs/tasks/{page.name}" in (ROOT / "README.md").read_text()


@pytest.mark.slow
def test_an_installation_without_internet(tmp_path):
    """The wheels are collected with the network that tests have; pip then installs without."""
    page = (TASKS / "use-it-offline.md").read_text()
    collect, install = (
        re.search(rf"<!-- {mark} -->\n```sh\n(.*)\n```", page)[1] for mark in ("collect", "install")
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_REPORT", "COV"))}
    into = collect.replace("-w wheels", f"-w {tmp_path}/wheels")
    subprocess.run(["bash", "-c", into], cwd=ROOT, check=True, env=env, capture_output=True)
    subprocess.run(["bash", "-c", install], cwd=tmp_path, check=True, env=env, capture_output=True)
    done = subprocess.run(
        [tmp_path / "ptnote" / "bin" / "ptnote", "search", "one hot", "--ids", "-n", "1"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stdout == "one-hot\n"
