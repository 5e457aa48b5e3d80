"""The wheel, installed into an empty environment away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

BUILTIN = sorted(
    path.relative_to(ROOT / "entries")
    for path in (ROOT / "entries").glob("*/*.yaml")
    if not path.name.endswith(".messages.yaml")
)


@pytest.fixture(scope="module")
def wheel(once) -> Path:
    def build(folder):
        command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet"]
        subprocess.run([*command, "-w", folder, ROOT], check=True)

    return next(once("wheel", build).glob("*.whl"))


@pytest.fixture(scope="module")
def command(wheel, once) -> Path:
    """`ptnote` in an environment that holds the wheel and its dependencies, and nothing else."""

    def install(folder):
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet"]
        subprocess.run([*pip, "-c", ROOT / "constraints.txt", wheel], check=True)

    return once("wheel-venv", install) / "bin" / "ptnote"


def test_the_wheel_holds_the_entries_and_no_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    inside = sorted(
        Path(name).relative_to("kb/_entries") for name in names if name.startswith("kb/_entries/")
    )
    assert set(BUILTIN) <= set(inside)
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"kb", "pycli"}


def test_the_wheel_brings_the_compiled_entries_and_their_index(wheel):
    names = {
        name.removeprefix("kb/_store/")
        for name in zipfile.ZipFile(wheel).namelist()
        if name.startswith("kb/_store/")
    }
    assert {f"entries/{path.with_suffix('')}" for path in BUILTIN} <= names
    assert {"heads", "patterns", "indexed", "code", "tables/synonyms", "tables/categories"} <= names
    assert any(name.startswith("index/") and name.endswith(".seg") for name in names)
    assert not [name for name in names if "lock" in name.lower()]


def test_the_first_search_after_installing_builds_and_writes_nothing(command, tmp_path, empty_cache):
    first = subprocess.run(
        [command, "search", "混合精度", "--ids", "--color=never"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert (first.stdout.splitlines()[0], first.stderr) == ("amp-training", "")
    assert not empty_cache.exists()


def test_a_folder_of_ones_own_beside_the_wheel_gets_a_small_store(
    command, own_library, tmp_path, empty_cache
):
    env = {**os.environ, "PTNOTE_PATH": str(own_library)}
    for _ in range(2):
        done = subprocess.run(
            [command, "search", "测试加法", "--ids"], capture_output=True, text=True, env=env, cwd=tmp_path
        )
        assert (done.stdout.splitlines()[0], done.stderr) == ("passes", "")
    (store,) = (path for path in empty_cache.iterdir() if path.is_dir())
    assert sum(path.stat().st_size for path in store.rglob("*")) < 500_000
    version = subprocess.run(
        [command.with_name("python"), "-c", "import kb.content.cache as c; print(c.code_digest())"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert store.name.endswith(version.stdout.strip())


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
