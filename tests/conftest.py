"""Every test gets its own settings and home, and nothing of this machine leaks in. The cache is shared: it
keeps a store for each folder, so that tests with folders of their own do not meet there."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

from kb import Library

HERE = Path(__file__).parent
ROOT = HERE.parent
LIBRARY = HERE / "library"

pytest_plugins = ["pytester"]

# a busy machine may be slow at any moment, so no example has to be done in a given time
settings.register_profile("ptnote", deadline=None)
settings.load_profile("ptnote")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers of these tests, and let SIGHUP do what it does."""
    config.addinivalue_line("markers", "needs_torch: runs snippets or looks up names, so it needs torch")
    # under nohup it is ignored, also by what tests start and send it to
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    config.addinivalue_line("markers", "slow: takes many seconds; `just test` runs it, `just` does not")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs torch where there is none, as in the jobs for other versions of Python."""
    if find_spec("torch") is None:
        for item in items:
            if item.get_closest_marker("needs_torch"):
                item.add_marker(pytest.mark.skip(reason="torch is not installed"))


@pytest.fixture(autouse=True)
def clean_environment(tmp_path_factory, monkeypatch, warm_cache):
    """Folders of this test alone, no locale, no terminal."""
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    monkeypatch.setenv("PTNOTE_CACHE_DIR", warm_cache)
    for name in [
        "PTNOTE_LANG",
        "PTNOTE_PATH",
        "PTNOTE_CONFIG",
        "PTNOTE_PAGER",
        "PTNOTE_THEME",
        "PAGER",
        "NO_COLOR",
        "FORCE_COLOR",
        "LANGUAGE",
        "LC_ALL",
        "LC_MESSAGES",
        "COLUMNS",
    ]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # as many tests run at once as there are cores
    return home


@pytest.fixture
def library() -> Library:
    """The small library of the tests."""
    return Library.load(LIBRARY)


@pytest.fixture
def own_library(tmp_path) -> Path:
    """A copy of the small library that a test may change."""
    return Path(shutil.copytree(LIBRARY, tmp_path / "own"))


@dataclass
class Done:
    """A finished `ptnote` process."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def once(tmp_path_factory) -> Callable[[str, Callable[[Path], None]], Path]:
    """Fills a folder of some name once, whichever worker comes first, and returns it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def fill(name: str, make: Callable[[Path], None]) -> Path:
        folder = shared / name
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "done").exists():
                folder.mkdir(mode=0o700, exist_ok=True)
                make(folder)
                (folder / "done").touch()
        return folder

    return fill


@pytest.fixture(scope="session")
def warm_cache(once) -> str:
    """A cache folder that all tests share, with the built-in entries indexed."""

    def index(folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PTNOTE_CACHE_DIR", str(folder))
            Library.load(ROOT / "entries").search("warm up")

    return str(once("warm-cache", index))


@pytest.fixture
def empty_cache(tmp_path, monkeypatch) -> Path:
    """A cache folder of this test alone, not made yet."""
    folder = tmp_path / "empty-cache"
    monkeypatch.setenv("PTNOTE_CACHE_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def builtin(warm_cache) -> Library:
    """The built-in entries, indexed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PTNOTE_CACHE_DIR", warm_cache)
        return Library.load(ROOT / "entries")


class Command:
    """The `ptnote` command: forked from a process that has imported it, see `tests/zygote.py`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        command = [sys.executable, "-m", "tests.zygote"]
        self._zygote = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def __call__(self, arguments: Sequence[str], stdin: str, env: dict[str, str], cwd: Path) -> Done:
        files = {name: str(self._folder / name) for name in ("stdin", "stdout", "stderr")}
        Path(files["stdin"]).write_text(stdin, encoding="utf-8", errors="surrogateescape")
        call = {"arguments": list(map(str, arguments)), "env": env, "cwd": str(cwd), **files}
        assert self._zygote.stdin is not None
        assert self._zygote.stdout is not None
        self._zygote.stdin.write(json.dumps(call) + "\n")
        self._zygote.stdin.flush()
        code = int(self._zygote.stdout.readline())
        out, err = (Path(files[name]).read_text(encoding="utf-8") for name in ("stdout", "stderr"))
        return Done(code, out, err)

    def close(self) -> None:
        """End the process."""
        self._zygote.communicate()


@pytest.fixture(scope="session")
def command_zygote(tmp_path_factory) -> Iterator[Command]:
    """Forks the command."""
    command = Command(tmp_path_factory.mktemp("streams"))
    yield command
    command.close()


def _decides_at_start(variable: str) -> bool:
    """Whether an environment variable matters when the interpreter starts."""
    return variable.startswith(("PYTHON", "LC_", "LANG", "LD_"))


@pytest.fixture
def ptnote(tmp_path, command_zygote) -> Callable[..., Done]:
    """Runs the `ptnote` command, outside any project, with a warm cache; in a process of its own if what
    an interpreter does at its start matters."""
    installed = Path(sys.executable).with_name("ptnote")

    def run(
        *arguments: str, stdin: str = "", env: dict[str, str] | None = None, cwd: Path = tmp_path
    ) -> Done:
        whole = {**os.environ, **(env or {})}
        if not any(map(_decides_at_start, env or {})):
            return command_zygote(arguments, stdin, whole, cwd)
        done = subprocess.run(
            [installed, *arguments], input=stdin, capture_output=True, encoding="utf-8", env=whole, cwd=cwd
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def small(ptnote) -> Callable[..., Done]:
    """Runs `ptnote` with the small library added to the built-in entries."""

    def run(*arguments: str, env: dict[str, str] | None = None, **kwargs) -> Done:
        return ptnote(*arguments, env={"PTNOTE_PATH": str(LIBRARY), **(env or {})}, **kwargs)

    return run
