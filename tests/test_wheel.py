"""The wheel: what it holds, that the same sources always give the same one, and what it does when it is
installed into an empty environment away from the checkout."""

import os
import shutil
import stat
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


def without_observers() -> dict[str, str]:
    """The environment of pip: not measured, which would take longer than the work itself, and without a
    report, because one that was asked for is about the installation that these tests run in."""
    observers = ("COVERAGE_PROCESS_CONFIG", "PIP_REPORT")
    return {name: value for name, value in os.environ.items() if name not in observers}


def build(source: Path, folder: Path, umask: int = 0o022, **environment: str) -> Path:
    """The wheel of a checkout, built into a folder."""
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet"]
    env = {**without_observers(), **environment}
    subprocess.run([*command, "-w", folder, source], check=True, cwd=source, env=env, umask=umask)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def wheel(once) -> Path:
    return next(once("wheel", lambda folder: build(ROOT, folder)).glob("*.whl"))


@pytest.fixture(scope="module")
def command(wheel, once) -> Path:
    """`ptnote` in an environment that holds the wheel and its dependencies, and nothing else."""

    def install(folder):
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet"]
        command = [*pip, "-c", ROOT / "constraints.txt", wheel]
        subprocess.run(command, check=True, env=without_observers())

    return once("wheel-venv", install) / "bin" / "ptnote"


def test_the_wheel_holds_the_code_the_entries_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    entries = {name.removeprefix("kb/_entries/") for name in names if name.startswith("kb/_entries/")}
    assert {str(path) for path in BUILTIN} <= entries
    ends = (".yaml", ".json", ".md", ".proofs.py", ".asked.txt")
    assert not {name for name in entries if not name.endswith(ends)}
    rest = {name for name in names if not name.startswith(("kb/_entries/", "kb/_store/"))}
    metadata = {name for name in rest if ".dist-info/" in name}
    shared = {name for name in rest if ".data/" in name}
    assert {name.partition(".data/data/")[2] for name in shared} == {
        "share/man/man1/ptnote.1",
        "share/man/zh_CN/man1/ptnote.1",
    }
    assert {name.partition("/")[2] for name in metadata} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
    }
    sources = (path for room in ("kb", "pycli") for path in (ROOT / room).rglob("*") if path.is_file())
    known = {path.relative_to(ROOT).as_posix() for path in sources if "__pycache__" not in path.parts}
    assert rest - metadata - shared == known
    assert {Path(name).suffix for name in known} <= {
        ".py",
        ".txt",
        ".typed",
        ".sh",
        ".bash",
        ".zsh",
        ".fish",
        ".html",
        ".css",
        ".js",
        ".po",
        ".tcss",
    }


def test_every_file_of_the_wheel_is_a_plain_one_that_its_owner_alone_may_write(wheel):
    packed = zipfile.ZipFile(wheel).infolist()
    assert {stat.filemode(one.external_attr >> 16)[1:] for one in packed} == {"rw-r--r--"}
    assert {stat.S_IFMT(one.external_attr >> 16) for one in packed} <= {0, stat.S_IFREG}
    assert len({one.filename.lower() for one in packed}) == len(packed)
    assert not [one.filename for one in packed if ".." in one.filename or one.filename.startswith("/")]


def test_two_builds_of_the_same_sources_give_the_same_bytes(wheel, tmp_path):
    """In another folder, later, with other times and modes of the files, and in another environment; so
    nothing of these can stand in the wheel."""
    other, scratch = tmp_path / "another checkout", tmp_path / "scratch"
    scratch.mkdir()
    for room in ("kb", "pycli", "entries", "tools"):
        shutil.copytree(
            ROOT / room,
            other / room,
            copy_function=shutil.copyfile,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    (other / "docs").mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore", "docs/ptnote.1", "docs/ptnote.zh.1"):
        shutil.copyfile(ROOT / name, other / name)
    environment = {"TMPDIR": str(scratch), "PYTHONHASHSEED": "7", "TZ": "Asia/Shanghai", "LC_ALL": "C"}
    again = build(other, tmp_path, umask=0o077, **environment)
    first, second = zipfile.ZipFile(wheel), zipfile.ZipFile(again)
    assert first.namelist() == second.namelist()
    assert [name for name in first.namelist() if first.read(name) != second.read(name)] == []
    assert wheel.read_bytes() == again.read_bytes()


def test_the_wheel_brings_the_compiled_entries_and_their_index(wheel):
    names = {
        name.removeprefix("kb/_store/")
        for name in zipfile.ZipFile(wheel).namelist()
        if name.startswith("kb/_store/")
    }
    entries = {f"entries/{path.with_suffix('')}" for path in BUILTIN}
    assert entries <= names
    assert {"heads", "patterns", "indexed", "code", "tables/synonyms", "tables/categories"} <= names
    assert any(name.startswith("index/") and name.endswith(".seg") for name in names)
    assert not [name for name in names - entries if "lock" in name.lower()]


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
    assert run("show", "one-hot", "-L", "zh").stdout.startswith("one-hot  独热编码\n")
    assert len(run("list").stdout.splitlines()) == len(BUILTIN)
    assert run("show", "one-hot", "--json").stdout.count(str(ROOT)) == 0


def test_running_without_torch_says_how_to_get_it(command, tmp_path):
    done = subprocess.run([command, "run", "one-hot"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 77
    assert "needs torch: pip install torch" in done.stderr
