"""The wheel, installed into an empty environment away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

BUILTIN = sorted(path.relative_to(ROOT / "entries") for path in (ROOT / "entries").glob("*/*.yaml"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", folder, ROOT]
    subprocess.run(build, check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def command(wheel, tmp_path_factory) -> Path:
    """`ptnote` in an environment that holds the wheel and its dependencies, and nothing else."""
    place = tmp_path_factory.mktemp("empty") / "venv"
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    install = [place / "bin" / "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", wheel]
    subprocess.run(install, check=True)
    return place / "bin" / "ptnote"


def test_the_wheel_holds_the_entries_and_no_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    inside = sorted(
        Path(name).relative_to("kb/_entries") for name in names if name.startswith("kb/_entries/")
    )
    assert [path for path in inside if len(path.parts) == 2] == BUILTIN
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"kb", "pycli"}


def test_search_and_show_work_away_from_the_checkout(command, tmp_path):
    def run(*arguments):
        return subprocess.run(
            [command, *arguments], capture_output=True, text=True, cwd=tmp_path, env=dict(os.environ)
        )

    found = run("search", "amp", "--ids")
    assert (found.returncode, found.stdout.splitlines()[0], found.stderr) == (0, "amp-training", "")
    assert run("show", "one-hot", "-L", "zh").stdout.startswith("独热编码\n")
    assert len(run("list").stdout.splitlines()) == len(BUILTIN)
    assert run("show", "one-hot", "--json").stdout.count(str(ROOT)) == 0


def test_running_without_torch_says_how_to_get_it(command, tmp_path):
    done = subprocess.run([command, "run", "one-hot"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 77
    assert "needs torch: pip install torch" in done.stderr
