"""Where ptnote keeps things, and how it writes there."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import paths
from kb.errors import BadFile


def test_the_project_folder_is_found_upwards(tmp_path):
    (tmp_path / ".ptnote").mkdir()
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert paths.project_entries(tmp_path / "a" / "b") == tmp_path / ".ptnote"
    assert paths.project_entries(Path("/")) is None


def test_private_folders_are_private(tmp_path):
    made = paths.private_dir(tmp_path / "a" / "b")
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    for mode in (0o777, 0o720, 0o702):
        made.chmod(mode)
        with pytest.raises(PermissionError, match="can be written by others"):
            paths.private_dir(made)
    made.chmod(0o755)
    assert paths.private_dir(made) == made


def test_a_missing_installation_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "HERE", tmp_path / "kb")
    with pytest.raises(BadFile, match="reinstall"):
        paths.builtin_entries()


@given(old=st.binary(), new=st.binary())
def test_a_written_file_replaces_the_old_one_and_leaves_nothing_else(tmp_path_factory, old, new):
    folder = tmp_path_factory.mktemp("atomic")
    path = folder / "file"
    path.write_bytes(old)
    paths.atomic_write(path, new)
    assert path.read_bytes() == new
    assert list(folder.iterdir()) == [path]


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_else(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="directory"):
        paths.atomic_write(tmp_path / "folder", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_lock_is_held_by_one_at_a_time(tmp_path):
    with paths.locked(tmp_path / "lock") as first, paths.locked(tmp_path / "lock") as second:
        assert (first, second) == (True, False)
    with paths.locked(tmp_path / "lock") as again:
        assert again is True


@pytest.mark.parametrize("kind", ["cache", "config", "data", "state"])
def test_folders_are_those_that_platformdirs_names(kind, monkeypatch, tmp_path):
    platformdirs = pytest.importorskip("platformdirs")
    for value in (str(tmp_path), "", " "):
        monkeypatch.setenv(f"XDG_{kind.upper()}_HOME", value)
        wanted = getattr(platformdirs, f"user_{kind}_dir")("ptnote", appauthor=False)
        assert paths._user_dir(kind) == Path(wanted)
