"""Temporary folders that somebody prepared: nothing that lies there is touched, and nothing is left."""

import itertools
import os
import random
import tempfile
from pathlib import Path

import pytest

from tests.faults.harness import TIMES, builtin_instead, entries, ptnote, warm_up

NAMES = (
    "MAIN.tmp",
    "MAIN_WRITELOCK",
    "index",
    "colored",
    "lock",
    "ptnote",
    "torchinductor_root",
    "__pycache__",
)
"""What Whoosh and ptnote call things, or have called them, wherever these lie."""


@pytest.fixture
def env(tmp_path, monkeypatch) -> dict[str, str]:
    warm_up()
    entries(tmp_path / "own", random.Random(5), 4)
    builtin_instead(monkeypatch, tmp_path / "own")
    (tmp_path / "tmp").mkdir()
    return {
        "PTNOTE_CACHE_DIR": str(tmp_path / "cache"),
        "PTNOTE_LANG": "en",
        "TMPDIR": str(tmp_path / "tmp"),
    }


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def plant(folder: Path, victim: Path, names: tuple[str, ...]) -> None:
    """Under each name a link to somebody's folder, or a folder of somebody's files."""
    for number, name in enumerate(names):
        if number % 2:
            (folder / name).mkdir()
            (folder / name / "thesis.tex").write_text("mine")
        else:
            (folder / name).symlink_to(victim)


@pytest.mark.parametrize("turn", [0, 1])
@pytest.mark.parametrize("cache", ["", "/dev/null"])
def test_what_others_planted_in_the_temporary_folder_is_left_alone(tmp_path, env, turn, cache):
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "thesis.tex").write_text("mine")
    # the names of temporary folders cannot be guessed; here they are, and every other one is taken
    guessed = tuple(f"{prefix}guess{number}" for prefix in ("ptnote-", "tmp") for number in range(6))
    taken = (*NAMES, *guessed[::2])[turn:] if turn else (*NAMES, *guessed[::2])
    plant(tmp_path / "tmp", victim, taken)
    before = everything(tmp_path / "tmp") | everything(victim)
    if cache:
        env["PTNOTE_CACHE_DIR"] = cache

    def guess() -> None:
        tempfile._get_candidate_names = lambda: (f"guess{number}" for number in itertools.count())

    for arguments in (("search", "says", "--ids"), ("run", "entry-1", "--yes"), ("show", "entry-1")):
        env["XDG_STATE_HOME"] = str(tmp_path / "state")
        ended = ptnote(tmp_path / "scratch", *arguments, env=env, before=guess)
        assert ended.code == 0, ended
    assert everything(tmp_path / "tmp") | everything(victim) == before
    assert sorted(os.listdir(tmp_path / "tmp")) == sorted(taken)


@pytest.mark.parametrize(
    ("arguments", "rounds"),
    [
        (("search", "says", "--ids"), 15 * TIMES),
        (("run", "entry-1", "--yes"), 5 * TIMES // 2),
        (("test", "entry-1", "--yes", "--workers=1"), TIMES),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_nothing_is_left_in_the_temporary_folder(tmp_path, env, arguments, rounds):
    env["XDG_STATE_HOME"] = str(tmp_path / "state")
    for _ in range(rounds):
        ended = ptnote(tmp_path / "scratch", *arguments, env=env)
        assert ended.code == 0, ended
    # torch.compile keeps a cache there that is meant to outlive a process
    assert [name for name in os.listdir(tmp_path / "tmp") if not name.startswith("torchinductor_")] == []


def test_a_temporary_folder_that_is_missing_costs_no_answer(tmp_path, env):
    for cache in (env["PTNOTE_CACHE_DIR"], "/dev/null"):
        changed = {**env, "TMPDIR": str(tmp_path / "none"), "PTNOTE_CACHE_DIR": cache}
        assert ptnote(tmp_path / "scratch", "search", "says", "--ids", env=changed).code == 0
