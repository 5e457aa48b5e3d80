"""The store of an entries folder: what it keeps, what it survives, and when it is thrown away."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb import Library, paths
from kb.content import cache, folder
from kb.content.cache import DAY, UNUSED, Store
from tests.conftest import LIBRARY


@pytest.fixture
def store(tmp_path, empty_cache) -> Store:
    return Store.of(tmp_path)


def count_parses(monkeypatch) -> list[str]:
    seen: list[str] = []
    real = folder._parse
    monkeypatch.setattr(
        folder, "_parse", lambda root, place, layer: seen.append(place) or real(root, place, layer)
    )
    return seen


def files_of(root: Path) -> list[Path]:
    directory = Store.of(root).directory
    assert directory is not None
    return sorted(path for path in directory.rglob("*") if path.is_file() and path.stat().st_size)


# Values


def test_a_value_comes_back(store):
    assert store.read("name", dict[str, int]) is None
    checksum = store.write("name", {"a": 1})
    again = Store(store.directory)
    assert again.read("name", dict[str, int]) == {"a": 1}
    assert again.checksums["name"] == store.checksums["name"] == checksum != 0


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.dictionaries(st.text(), st.integers(0, 1000)), at=st.integers(0), flip=st.integers(1, 255))
def test_no_flipped_byte_goes_unnoticed(store, value, at, flip):
    store.write("name", value)
    file = store.directory / "name"
    raw = bytearray(file.read_bytes())
    raw[at % len(raw)] ^= flip
    file.write_bytes(raw)
    assert store.read("name", dict[str, int]) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.lists(st.text()), cut=st.integers(1))
def test_no_truncated_value_is_read(store, value, cut):
    store.write("name", value)
    file = store.directory / "name"
    raw = file.read_bytes()
    file.write_bytes(raw[: max(0, len(raw) - cut)])
    assert store.read("name", list[str]) is None


def test_a_value_of_another_type_is_not_there(store):
    store.write("name", ["text"])
    assert store.read("name", list[int]) is None


def test_a_derived_value_is_made_again_only_when_its_source_changes(store, tmp_path):
    source, made = tmp_path / "source", []
    source.write_text("one")

    def make(path):
        made.append(path.read_text())
        return len(made)

    assert [store.derived("d", source, int, make) for _ in range(2)] == [1, 1]
    source.write_text("three")
    assert [store.derived("d", source, int, make) for _ in range(2)] == [2, 2]
    assert made == ["one", "three"]
    source.unlink()
    with pytest.raises(FileNotFoundError):
        store.derived("d", source, int, make)


def test_one_process_writes_at_a_time(store):
    with store.writing() as first:
        assert first
        with Store(store.directory).writing() as second:
            assert not second
    with store.writing() as third:
        assert third


def test_without_a_directory_nothing_is_kept_and_nothing_fails():
    store = Store(None)
    assert store.write("name", 1) == 0
    assert store.read("name", int) is None
    with store.writing() as alone:
        assert not alone
    assert store.notices == []


def test_a_store_that_cannot_be_written_says_so_once_and_tries_no_more(store):
    (store.directory / "blocker").write_text("")
    assert store.write("blocker/name", 1) == 0
    assert len(store.notices) == 1
    assert str(store.directory) in store.notices[0]
    assert store.write("name", 1) == 0
    assert not (store.directory / "name").exists()
    with store.writing() as alone:
        assert not alone
    assert len(store.notices) == 1


def test_subfolders_of_a_store_are_private(store):
    store.write("some/folder/name", 1)
    assert (store.directory / "some" / "folder").stat().st_mode & 0o777 == 0o700


# What a wheel brings along


@pytest.fixture
def shipped(tmp_path, monkeypatch) -> Path:
    """The store of the small library, as a wheel would have it beside the code."""
    root, place = tmp_path / "kb" / "_entries", tmp_path / "kb" / "_store"
    shutil.copytree(LIBRARY, root)
    place.mkdir()
    (place / "code").write_text("c0de")
    folder.read_folder(root, "built-in", Store(place, shipped=True))
    monkeypatch.setattr(paths, "HERE", tmp_path / "kb")
    cache.code_digest.cache_clear()
    yield root
    cache.code_digest.cache_clear()


def test_the_builtin_entries_of_a_wheel_use_its_store_and_others_their_own(shipped, tmp_path, empty_cache):
    store = Store.of(shipped)
    assert (store.directory, store.shipped, store.writable) == (paths.HERE / "_store", True, False)
    other = Store.of(tmp_path)
    assert (other.directory.parent, other.shipped, other.writable) == (empty_cache, False, True)
    assert other.directory.name.endswith("-c0de")  # no source is read for the digest


def test_a_shipped_store_is_trusted_and_never_written(shipped, monkeypatch, empty_cache):
    store = Store.of(shipped)
    assert store.write("name", 1) == 0
    with store.writing() as alone:
        assert not alone
    parsed = count_parses(monkeypatch)
    os.utime(shipped / "basics" / "passes.yaml")
    library = Library.load()
    assert library.get("passes").path == str(shipped / "basics" / "passes.yaml")
    assert {entry.id for entry in library} == {path.stem for path in LIBRARY.glob("*/*.yaml")}
    assert parsed == []
    assert not empty_cache.exists()


def test_a_damaged_shipped_store_costs_time_and_nothing_else(shipped, empty_cache):
    expected = [*Library.load()]
    for name in ("heads", "entries/basics/passes"):
        (paths.HERE / "_store" / name).write_bytes(b"damage")
        assert [*Library.load()] == expected


def test_what_a_wheel_derived_is_read_whatever_the_time_stamps_say(tmp_path):
    source = tmp_path / "source"
    source.write_text("one")
    directory = tmp_path / "store"
    directory.mkdir()
    made = Store(directory, shipped=True)
    assert made.derived("d", source, str, lambda path: path.read_text()) == "one"
    source.write_text("changed")
    read = Store(directory, shipped=True, writable=False)
    assert read.derived("d", source, str, lambda path: path.read_text()) == "one"
    assert made.read("d", tuple[cache.Stamp, str])[0] == (0, 0, 0)


# Folders


def test_unchanged_files_are_not_parsed_again(own_library, monkeypatch):
    first = Library.load(own_library)
    parsed = count_parses(monkeypatch)
    second = Library.load(own_library)
    assert [*second] == [*first]
    assert list(second.shelf.patterns()) == list(first.shelf.patterns())
    assert parsed == []


def test_changed_added_and_removed_files_are_noticed(own_library, monkeypatch):
    Library.load(own_library)
    parsed = count_parses(monkeypatch)
    changed = own_library / "basics" / "passes.yaml"
    changed.write_text(changed.read_text().replace("Adds two tensors.", "Adds two of them."))
    (own_library / "gpu" / "needs-cuda.yaml").rename(own_library / "gpu" / "renamed.yaml")
    library = Library.load(own_library)
    assert sorted(parsed) == ["basics/passes.yaml", "gpu/renamed.yaml"]
    assert library.get("passes").summary.en == "Adds two of them."
    assert "needs-cuda" not in library.heads
    assert Library.load(own_library).get("zhongwen").title.zh == "混合精度与显存占用"


def test_a_file_replaced_by_one_of_the_same_size_and_time_is_read_again(own_library):
    Library.load(own_library)
    path = own_library / "basics" / "passes.yaml"
    status = path.stat()
    scratch = path.with_suffix(".new")
    scratch.write_text(path.read_text().replace("Adds two tensors.", "Sums two tensors."))
    os.utime(scratch, ns=(status.st_atime_ns, status.st_mtime_ns))
    scratch.replace(path)
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert Library.load(own_library).get("passes").summary.en == "Sums two tensors."


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_any_damaged_file_is_made_again(own_library, monkeypatch, damage):
    expected = [*Library.load(own_library)]
    names = {path.name for path in files_of(own_library)}
    assert names >= {"heads", "patterns", "passes", "zhongwen"}
    for path in files_of(own_library):
        path.write_bytes(path.read_bytes()[:-3] if damage is None else damage)
        library = Library.load(own_library)
        assert [*library] == expected, path
        list(library.shelf.patterns())
    parsed = count_parses(monkeypatch)
    assert [*Library.load(own_library)] == expected
    assert parsed == []  # the store has repaired itself


@pytest.mark.slow
def test_two_first_starts_at_once_leave_every_entry_in_the_store(own_library):
    program = "import sys; from kb import Library; print(len([*Library.load(sys.argv[1])]))"
    for _ in range(3):
        shutil.rmtree(Store.of(own_library).directory)
        command = [sys.executable, "-c", program, str(own_library)]
        started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
        assert {process.communicate()[0].strip() for process in started} == {"5"}
        with pytest.MonkeyPatch.context() as patch:
            parsed = count_parses(patch)
            assert len([*Library.load(own_library)]) == 5
            assert parsed == []


def test_a_cache_that_cannot_be_made_is_reported_once(own_library, monkeypatch, tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    monkeypatch.setenv("PTNOTE_CACHE_DIR", str(blocker / "cache"))
    library = Library.load(own_library, LIBRARY)
    assert library.get("passes").id == "passes"
    assert len(library.notices) == 1
    assert "working without a cache" in library.notices[0]


def test_a_cache_others_can_write_to_is_not_read(own_library, empty_cache):
    Library.load(own_library)
    planted = Store.of(own_library)
    entry = planted.read("entries/basics/passes", folder.Entry)
    planted.write("entries/basics/passes", msgspec.structs.replace(entry, tags=("planted",)))
    assert Library.load(own_library).get("passes").tags == ("planted",)
    empty_cache.chmod(0o777)
    library = Library.load(own_library)
    assert library.get("passes").tags == ("addition", "basics")
    assert "can be written by others" in library.notices[0]


def test_the_cache_is_private(own_library, empty_cache):
    Library.load(own_library)
    assert empty_cache.stat().st_mode & 0o777 == 0o700
    assert Store.of(own_library).directory.stat().st_mode & 0o777 == 0o700


# Versions and pruning


def test_each_version_of_the_code_has_a_store_of_its_own(tmp_path, empty_cache, monkeypatch):
    before = Store.of(tmp_path).directory
    monkeypatch.setattr(cache, "code_digest", lambda: "0" * 8)
    assert Store.of(tmp_path).directory not in (None, before)


def test_the_digest_follows_the_code_that_writes_stores(tmp_path, monkeypatch):
    for room in cache.WRITERS:
        shutil.copytree(paths.HERE / room, tmp_path / room)
    monkeypatch.setattr(paths, "HERE", tmp_path)
    before = cache.compute_code_digest()
    assert cache.compute_code_digest() == before
    for name in ("search/terms.py", "text/pinyin.txt"):
        with (tmp_path / name).open("a") as file:
            file.write("\n")
        assert cache.compute_code_digest() != before
        before = cache.compute_code_digest()
    (tmp_path / "search" / "notes.md").write_text("no code")
    assert cache.compute_code_digest() == before


def test_stores_that_nobody_uses_are_removed_and_others_are_not(tmp_path, empty_cache):
    def aged(name: str, seconds: float) -> Path:
        root = tmp_path / name
        root.mkdir()
        directory = Store.of(root).directory
        then = time.time() - seconds
        os.utime(directory / "used", (then, then))
        os.utime(directory, (then, then))
        return directory

    old, young = aged("old", UNUSED + DAY), aged("young", UNUSED - DAY)
    other = empty_cache / "something-else"
    other.mkdir()
    os.utime(other, (0, 0))
    (tmp_path / "new").mkdir()
    new = Store.of(tmp_path / "new").directory
    assert [path.exists() for path in (old, young, other, new)] == [False, True, True, True]


def test_using_a_store_keeps_it(tmp_path, empty_cache):
    directory = Store.of(tmp_path).directory
    then = time.time() - UNUSED - DAY
    os.utime(directory / "used", (then, then))
    os.utime(directory, (then, then))
    assert Store.of(tmp_path).directory == directory
    (tmp_path / "new").mkdir()
    Store.of(tmp_path / "new")
    assert directory.is_dir()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems ask platformdirs")
@pytest.mark.parametrize("kind", ["cache", "config", "data", "state"])
@pytest.mark.parametrize("set_", [True, False])
def test_folders_are_those_of_platformdirs(kind, set_, monkeypatch, tmp_path):
    import platformdirs

    if set_:
        monkeypatch.setenv(f"XDG_{kind.upper()}_HOME", str(tmp_path))
    else:
        monkeypatch.delenv(f"XDG_{kind.upper()}_HOME")
    theirs = getattr(platformdirs, f"user_{kind}_dir")("ptnote", appauthor=False)
    assert str(paths._user_dir(kind)) == theirs


def test_a_store_is_marked_as_used_once_a_day(tmp_path, empty_cache):
    used = Store.of(tmp_path).directory / "used"
    hour, two_days = time.time() - 3600, time.time() - 2 * DAY
    os.utime(used, (hour, hour))
    Store.of(tmp_path)
    assert used.stat().st_mtime == pytest.approx(hour, abs=1)
    os.utime(used, (two_days, two_days))
    Store.of(tmp_path)
    assert used.stat().st_mtime > hour


def test_a_store_that_cannot_be_looked_at_is_left_alone(tmp_path, empty_cache):
    (tmp_path / "new").mkdir()
    strange = empty_cache / "store-without-a-mark"
    empty_cache.mkdir(mode=0o700)
    strange.mkdir()
    Store.of(tmp_path / "new")
    assert strange.is_dir()


# Writing files


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "file"
    paths.atomic_write(path, b"old")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        paths.atomic_write(path, b"new")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("file", b"old")]
