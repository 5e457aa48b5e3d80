"""kill -9 while a sheet is written, a full disk, and folders that may not be written: the old file or the new one."""

import os
import random
import time
from pathlib import Path

import pytest

from tests.faults.harness import TIMES, ptnote, start, warm_up, without_privileges

pytest.importorskip("jinja2")
pytest.importorskip("genanki")
pytest.importorskip("nbformat")

ROUNDS = 5 * TIMES
ENV = {"PTNOTE_LANG": "en"}
OLD = b"an old file\n" * 1000


@pytest.fixture
def place(tmp_path) -> Path:
    import pycli.commands.export
    import pycli.commands.sheet  # noqa: F401 - imported here, children need not

    warm_up()
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("end", [".html", ".md", ".ipynb", ".apkg"])
def test_killed_while_a_sheet_is_written(place, tmp_path, end):
    rng = random.Random(end)
    target = place / f"sheet{end}"
    arguments = ("sheet", "one-hot", "mse-loss", "--force", "-o", str(target))
    begun = time.monotonic()
    assert ptnote(tmp_path / "scratch", *arguments, env=ENV).code == 0
    seconds = time.monotonic() - begun
    size = target.stat().st_size
    whole = 0
    for _ in range(ROUNDS):
        target.write_bytes(OLD)
        child = start(tmp_path / "scratch", *arguments, env=ENV)
        time.sleep(rng.uniform(0.5, 1.05) * seconds)
        child.kill()
        child.end()
        found = target.read_bytes()
        assert found == OLD or abs(len(found) - size) < 0.02 * size  # times stand in packages of cards
        whole += found != OLD
    print(f"{end}: the new file in {whole} of {ROUNDS} rounds")
    assert ptnote(tmp_path / "scratch", *arguments, env=ENV).code == 0
    assert os.listdir(place) == [target.name]  # what killed writers left is gone


def test_killed_while_many_files_are_exported(place, tmp_path):
    rng = random.Random(3)
    folder = place / "cheats"
    arguments = ("export", "cheat", "losses", "--force", "-o", str(folder))
    begun = time.monotonic()
    ptnote(tmp_path / "scratch", *arguments, env=ENV)
    seconds = time.monotonic() - begun
    new = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert len(new) > 20
    for _ in range(ROUNDS):
        for name in new:
            (folder / name).write_bytes(OLD)
        child = start(tmp_path / "scratch", *arguments, env=ENV)
        time.sleep(rng.uniform(0.5, 1.05) * seconds)
        child.kill()
        child.end()
        assert all((folder / name).read_bytes() in (OLD, content) for name, content in new.items())
    ptnote(tmp_path / "scratch", *arguments, env=ENV)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == new


def test_a_folder_that_may_not_be_written_is_named(place, tmp_path):
    place.chmod(0o555)
    ended = ptnote(
        tmp_path / "scratch", "sheet", "losses", "-o", str(place / "a.md"), env=ENV, before=without_privileges
    )
    assert ended.code == 1
    assert len(ended.err.splitlines()) == 1
    assert f"cannot write {place}/a.md: Permission denied" in ended.err
    assert os.listdir(place) == []


def test_a_full_disk_keeps_the_old_file(place, tmp_path):
    target = place / "a.md"
    target.write_bytes(OLD)

    def full() -> None:
        import errno

        def refuse(*_):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        os.fsync = refuse

    ended = ptnote(
        tmp_path / "scratch", "sheet", "losses", "--force", "-o", str(target), env=ENV, before=full
    )
    assert ended.code == 1
    assert "No space left on device" in ended.err
    assert target.read_bytes() == OLD
    assert os.listdir(place) == ["a.md"]
