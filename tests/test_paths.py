"""Where ptnote keeps things, and how it writes there."""

import fcntl
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import paths
from kb.errors import BadFile, BadSetting


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


# What a killed process leaves


def test_scraps_are_removed_and_work_in_progress_and_files_of_others_are_not(tmp_path):
    scrap, busy = tmp_path / ".x.yaml.0123abcd.part", tmp_path / ".y.yaml.0123abcd.part"
    others = [tmp_path / name for name in ("x.yaml", ".x.yaml.swp", ".x.part", "x.yaml.0123abcd.part")]
    for path in (scrap, busy, *others):
        path.write_text("text")
    with busy.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        paths.remove_scraps(tmp_path)
    assert {*tmp_path.iterdir()} == {busy, *others}
    paths.remove_scraps(tmp_path)
    assert {*tmp_path.iterdir()} == {*others}
    paths.remove_scraps(tmp_path / "none")


def test_what_is_being_written_is_no_scrap(tmp_path, monkeypatch):
    real = os.replace

    def replace(source, target):
        paths.remove_scraps(tmp_path)
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    paths.atomic_write(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_write_begins_again_if_its_file_is_taken_for_a_scrap_before_it_is_locked(tmp_path, monkeypatch):
    real, seen = os.fdopen, []

    def fdopen(handle, *arguments):
        if not seen:
            seen.append(handle)
            paths.remove_scraps(tmp_path)
        return real(handle, *arguments)

    monkeypatch.setattr(os, "fdopen", fdopen)
    paths.atomic_write(tmp_path / "file", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"new")]
    assert seen


def test_a_new_file_never_replaces_one(tmp_path):
    path = tmp_path / "file"
    paths.create(path, b"first")
    with pytest.raises(FileExistsError):
        paths.create(path, b"second")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"first")]


def test_a_new_file_where_there_are_no_links(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    paths.create(tmp_path / "file", b"first")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"first")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_replaced_file_keeps_its_owner_and_permissions(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o660)
    os.chown(path, 1234, 5678)
    paths.atomic_write(path, b"new")
    status = path.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 5678, 0o660)


# Homes


@pytest.fixture
def homeless(monkeypatch):
    monkeypatch.delenv("HOME", raising=False)
    for kind in ("CACHE", "CONFIG", "DATA", "STATE"):
        monkeypatch.delenv(f"XDG_{kind}_HOME", raising=False)

    def no_such_user(*_):
        raise KeyError("no such user")

    monkeypatch.setattr("pwd.getpwuid", no_such_user)
    monkeypatch.setattr("pwd.getpwnam", no_such_user)
    monkeypatch.delenv("PTNOTE_CACHE_DIR")


def test_without_a_home_nothing_is_there_and_nothing_is_made(homeless):
    places = [paths.cache_dir(), paths.config_file(), paths.user_entries(), paths.trust_file()]
    assert all(paths.NO_HOME in place.parents for place in places)
    with pytest.raises(FileNotFoundError, match="no home folder"):
        paths.private_dir(paths.cache_dir())
    assert not paths.NO_HOME.exists()


@pytest.mark.parametrize("named", ["~/x", "~nobody2/x"])
def test_a_variable_that_names_an_unknown_home(homeless, monkeypatch, named):
    monkeypatch.setenv("PTNOTE_CACHE_DIR", named)
    assert paths.NO_HOME in paths.cache_dir().parents
    monkeypatch.setenv("PTNOTE_PATH", named)
    with pytest.raises(BadSetting, match=named):
        paths.extra_entries()


def test_there_is_no_project_in_a_folder_that_was_deleted(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert paths.project_entries() is None
