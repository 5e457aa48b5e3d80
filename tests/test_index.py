"""The index keeps itself right."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import whoosh.index

from kb import Library
from kb.search import find as searching
from kb.search import index


def ids(library, query="加法"):
    return [hit.id for hit in searching.search(library, searching.parse(query)).hits]


def place(library) -> Path:
    return index.state(library)[0]


def test_an_index_is_built_once_and_then_ready(own_library):
    library = Library.load(own_library)
    assert index.state(library)[1] == "missing"
    assert ids(library) == ["passes"]
    assert index.state(library)[1] == "ready"
    made = (place(library) / "stamp").stat().st_mtime_ns
    assert ids(Library.load(own_library)) == ["passes"]
    assert (place(library) / "stamp").stat().st_mtime_ns == made


def test_progress_is_reported_while_building(own_library):
    seen = []
    index.Index.open(Library.load(own_library), lambda done, total: seen.append((done, total)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_added_changed_and_removed_entries_are_found_on_the_next_call(own_library):
    ids(Library.load(own_library))
    path = own_library / "basics" / "passes.yaml"
    path.write_text(path.read_text().replace("加法", "减法"))
    (own_library / "gpu" / "needs-cuda.yaml").unlink()
    library = Library.load(own_library)
    assert index.state(library)[1] == "stale"
    assert ids(library, "减法") == ["passes"]
    assert ids(library, "加法") == []
    assert "needs-cuda" not in ids(library, "cuda gpu")
    assert index.state(library)[1] == "ready"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Whoosh leaves it open
@pytest.mark.parametrize("name", ["_MAIN_1.toc", "*.seg"])
def test_a_damaged_index_is_rebuilt_once_and_told(own_library, name):
    library = Library.load(own_library)
    ids(library)
    for path in place(library).glob(name):
        path.write_bytes(b"damage")
    again = Library.load(own_library)
    assert ids(again) == ["passes"]
    assert any("damaged" in told for told in again.index.fallbacks)
    third = Library.load(own_library)
    assert ids(third) == ["passes"]
    assert third.index.fallbacks == []


def test_an_empty_index_folder_is_rebuilt(own_library):
    library = Library.load(own_library)
    index.paths.private_dir(place(library))
    assert ids(library) == ["passes"]


def test_what_a_killed_builder_left_is_not_read(own_library):
    library = Library.load(own_library)
    half = place(library).with_name("building-half")
    half.mkdir(parents=True)
    (half / "_MAIN_1.toc").write_bytes(b"half")
    half.parent.chmod(0o700)
    assert ids(library) == ["passes"]
    assert library.index.fallbacks == []


def test_without_a_cache_folder_search_is_in_memory_and_told(own_library, monkeypatch, tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    monkeypatch.setenv("PTNOTE_CACHE_DIR", str(blocker / "cache"))
    library = Library.load(own_library)
    assert ids(library) == ["passes"]
    assert "in memory" in library.index.fallbacks[0]


def test_a_cache_folder_others_can_write_to_is_not_trusted(own_library, clean_environment):
    cache = clean_environment / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    library = Library.load(own_library)
    assert ids(library) == ["passes"]
    assert "in memory" in library.index.fallbacks[0]


def test_the_cache_folder_is_private(own_library, clean_environment):
    ids(Library.load(own_library))
    assert (clean_environment / "cache").stat().st_mode & 0o777 == 0o700


def test_a_full_disk_means_search_in_memory(own_library, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(index, "_build", full)
    library = Library.load(own_library)
    assert ids(library) == ["passes"]
    assert "No space left" in library.index.fallbacks[0]


def test_processes_that_build_at_once_all_answer(own_library):
    program = (
        "import sys; from kb import Library; "
        "library = Library.load(sys.argv[1]); print([hit.id for hit in library.search('plus')])"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(own_library)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [process.communicate()[0].strip() for process in started] == ["['passes']"] * 4
    library = Library.load(own_library)
    assert index.state(library)[1] == "ready"
    assert not list(place(library).parent.glob("building-*"))


def test_a_reader_does_not_wait_for_a_writer(own_library):
    library = Library.load(own_library)
    ids(library)
    writer = whoosh.index.open_dir(place(library)).writer()  # another process that is busy writing
    try:
        path = own_library / "basics" / "passes.yaml"
        path.write_text(path.read_text().replace("加法", "减法"))
        started = time.monotonic()
        stale = Library.load(own_library)
        assert ids(stale, "plus") == ["passes"]  # answered from what is there
        assert time.monotonic() - started < 5
    finally:
        writer.cancel()
    assert ids(Library.load(own_library), "减法") == ["passes"]


def test_interrupting_the_first_build_leaves_nothing_half_done(own_library):
    def interrupt(done, total):
        raise KeyboardInterrupt

    library = Library.load(own_library)
    with pytest.raises(KeyboardInterrupt):
        index.Index.open(library, interrupt)
    assert index.state(library)[1] == "missing"
    assert os.listdir(place(library).parent) == [
        p for p in os.listdir(place(library).parent) if "building" not in p
    ]
    assert ids(library) == ["passes"]
