"""The search index keeps itself right, and those of several folders are searched as one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kb import Library
from kb.content.cache import Store
from kb.search import backend, index, snapshot
from kb.search.document import document
from tests.conftest import LIBRARY, ROOT


def ids(library, query="加法"):
    return [hit.id for hit in library.search(query)]


def place(library) -> Path:
    ((path, _),) = index.state(library.shelf)
    return path


def state(library) -> str:
    ((_, told),) = index.state(library.shelf)
    return told


def test_an_index_is_built_once_and_then_ready(own_library):
    library = Library.load(own_library)
    assert state(library) == "missing"
    assert ids(library) == ["passes"]
    assert state(library) == "ready"
    before = sorted((path.name, path.stat().st_mtime_ns) for path in place(library).rglob("*"))
    assert ids(Library.load(own_library)) == ["passes"]
    assert sorted((path.name, path.stat().st_mtime_ns) for path in place(library).rglob("*")) == before


def test_slips_are_mended_in_an_index_that_was_updated(own_library):
    """Whoosh then reads several segments as one, and looks for similar words in another way."""
    path = own_library / "basics" / "passes.yaml"
    assert Library.load(own_library).search("additiom").corrections["additiom"] == ("addition",)
    shutil.copy(path, own_library / "basics" / "added.yaml")
    changed = Library.load(own_library).search("additiom")
    assert changed.corrections["additiom"] == ("addition",)
    assert {hit.id for hit in changed} >= {"added", "passes"}


def test_progress_is_reported_while_building(own_library):
    seen = []
    Library.load(own_library).search("plus", progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, 5) for done in range(1, 6)]


def test_added_changed_and_removed_entries_are_found_on_the_next_call(own_library):
    ids(Library.load(own_library))
    path = own_library / "basics" / "passes.yaml"
    path.write_text(path.read_text().replace("加法", "减法"))
    (own_library / "gpu" / "needs-cuda.yaml").unlink()
    library = Library.load(own_library)
    assert state(library) == "stale"
    assert ids(library, "减法") == ["passes"]
    assert ids(library, "加法") == []
    assert "needs-cuda" not in ids(library, "cuda gpu")
    assert state(library) == "ready"
    shutil.copy(path, own_library / "basics" / "added.yaml")
    assert set(ids(Library.load(own_library), "减法")) == {"added", "passes"}


def test_a_touched_file_changes_nothing(own_library):
    ids(Library.load(own_library))
    os.utime(own_library / "basics" / "passes.yaml")
    library = Library.load(own_library)
    assert ids(library) == ["passes"]
    assert state(library) == "ready"


# Several folders


def test_a_folder_of_ones_own_is_searched_beside_the_builtin_entries(own_library, builtin):
    mine = own_library / "basics" / "passes.yaml"
    mine.write_text(mine.read_text().replace("plus", "zyzzyva gradient clipping"))
    before = index.state(builtin.shelf)
    library = Library.load(ROOT / "entries", own_library)
    seen = []
    found = library.search("gradient clipping", progress=lambda done, total: seen.append(total))
    assert {"grad-clip", "passes"} <= {hit.id for hit in found}
    assert set(seen) <= {5}  # only the five entries of the small folder are indexed
    assert index.state(builtin.shelf) == before
    assert ids(library, "zyzzyva") == ["passes"]
    assert library.search("zyzzyvaa").corrections == {"zyzzyvaa": ("zyzzyva",)}


def test_an_entry_hides_the_one_of_the_same_id_in_an_earlier_folder(own_library):
    path = own_library / "basics" / "passes.yaml"
    path.write_text(path.read_text().replace("加法", "减法").replace("A snippet that passes", "My own"))
    library = Library.load(LIBRARY, own_library)
    assert ids(library, "加法") == []  # only the hidden entry says so
    assert ids(library, "减法") == ["passes"]
    (hit,) = library.search("减法")
    assert hit.title.en == "My own"
    assert ids(library).count("passes") <= 1


def test_without_folders_of_ones_own_the_answer_is_the_same(builtin, tmp_path):
    empty = tmp_path / "none"
    (empty / "basics").mkdir(parents=True)
    library = Library.load(ROOT / "entries", empty)
    for query in ("gradient cliping", "清空显存", "autocst", "hhjd"):
        assert ids(library, query) == ids(builtin, query)


# Faults


@pytest.mark.parametrize("name", ["_MAIN_1.toc", "*.seg"])
def test_a_damaged_index_is_rebuilt_once_with_a_notice(own_library, name):
    library = Library.load(own_library)
    ids(library)
    for path in place(library).rglob(name):
        path.write_bytes(b"damage")
    again = Library.load(own_library)
    assert ids(again) == ["passes"]
    (notice,) = again.notices
    assert "damaged" in notice
    third = Library.load(own_library)
    assert ids(third) == ["passes"]
    assert third.notices == []


def test_whoosh_sees_nothing_that_was_changed_since_it_was_written(own_library, monkeypatch):
    ids(Library.load(own_library))
    (segment,) = place(Library.load(own_library)).rglob("*.seg")
    raw = bytearray(segment.read_bytes())
    raw[len(raw) // 2] ^= 1
    segment.write_bytes(raw)
    opened = []
    monkeypatch.setattr(backend, "open_dir", opened.append)
    with pytest.raises(snapshot.Damaged):
        snapshot.open_newest(Store.of(own_library))
    assert opened == []


def test_a_file_that_does_not_belong_into_an_index_is_damage(own_library):
    library = Library.load(own_library)
    ids(library)
    (toc,) = place(library).rglob("*.toc")
    shutil.copy(toc, toc.with_name("_MAIN_9.toc"))
    again = Library.load(own_library)
    assert ids(again) == ["passes"]
    assert "damaged" in again.notices[0]


def test_an_index_without_a_mark_is_built_anew(own_library):
    library = Library.load(own_library)
    ids(library)
    (library.shelf.folders[0].store.directory / snapshot.MARK).write_bytes(b"damage")
    assert state(library) == "missing"
    assert ids(Library.load(own_library)) == ["passes"]
    assert len([*place(library).iterdir()]) == 1


def test_what_killed_writers_left_is_not_read_and_goes_with_the_next_change(own_library):
    ids(Library.load(own_library))
    library = Library.load(own_library)
    half = place(library) / "half"
    half.mkdir()
    (half / "_MAIN_1.toc").write_bytes(b"half")
    assert ids(library) == ["passes"]
    path = own_library / "basics" / "passes.yaml"
    path.write_text(path.read_text().replace("加法", "减法"))
    library = Library.load(own_library)
    assert ids(library, "减法") == ["passes"]
    assert library.notices == []
    assert not half.exists()


def test_without_a_cache_folder_search_is_in_memory_with_a_notice(own_library, monkeypatch, tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    monkeypatch.setenv("PTNOTE_CACHE_DIR", str(blocker / "cache"))
    library = Library.load(own_library)
    assert state(library) == "in memory"
    assert ids(library) == ["passes"]
    assert "without a cache" in library.notices[0]


def test_searching_in_memory_leaves_other_peoples_files_alone(own_library, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("PTNOTE_CACHE_DIR", "/dev/null/cache")
    (tmp_path / "MAIN.tmp").mkdir()
    (tmp_path / "MAIN.tmp" / "thesis").write_text("mine")
    library = Library.load(own_library)
    assert ids(library) == ["passes"]
    assert (tmp_path / "MAIN.tmp" / "thesis").read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"MAIN.tmp", "own"}


@pytest.mark.parametrize("step", ["create_in", "open_dir"])
def test_a_full_disk_means_search_in_memory(own_library, monkeypatch, step):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backend, step, full)
    library = Library.load(own_library)
    assert ids(library) == ["passes"]
    assert "No space left" in library.notices[0]
    assert not [*place(library).iterdir()]
    monkeypatch.undo()


def test_a_change_that_cannot_be_kept_is_found_nevertheless(own_library, monkeypatch):
    ids(Library.load(own_library))
    path = own_library / "basics" / "passes.yaml"
    path.write_text(path.read_text().replace("加法", "减法"))
    (own_library / "gpu" / "needs-cuda.yaml").unlink()
    shutil.copy(path, own_library / "basics" / "added.yaml")
    before = sorted(place(Library.load(own_library)).rglob("*"))
    for _ in range(2):
        library = Library.load(own_library)
        with library.shelf.folders[0].store.writing("lock-index") as alone:  # another process is busy
            assert alone
            assert set(ids(library, "减法")) == {"added", "passes"}
            assert ids(library, "加法") == []
            assert "needs-cuda" not in ids(library, "cuda gpu")
            assert library.notices == []
    assert sorted(place(library).rglob("*")) == before
    assert ids(Library.load(own_library), "减法") == ids(Library.load(own_library), "减法")
    assert sorted(place(library).rglob("*")) != before


def test_folders_that_could_not_be_stored_are_compared_entry_by_entry(own_library):
    ids(Library.load(own_library))
    path = own_library / "basics" / "passes.yaml"
    for old, new in (("plus", "zyzzyva"), ("zyzzyva", "quokkasaurus")):
        path.write_text(path.read_text().replace(old, new))
        with Store.of(own_library).writing():  # another process stores entries
            library = Library.load(own_library)
        assert library.shelf.folders[0].revision == 0
        assert (ids(library, new), ids(library, old)) == (["passes"], [])


def test_an_entry_that_vanishes_while_it_is_indexed_is_left_out(own_library, empty_cache):
    library = Library.load(own_library)
    shutil.rmtree(library.shelf.folders[0].store.directory / "entries")
    library = Library.load(own_library)
    (own_library / "basics" / "passes.yaml").unlink()
    assert ids(library) == []
    assert library.notices == []
    assert "fails" in ids(Library.load(own_library), "fails")


def test_a_snapshot_that_is_replaced_while_it_is_opened_is_read_in_its_new_form(own_library, monkeypatch):
    ids(Library.load(own_library))
    store, real = Store.of(own_library), backend.open_dir

    def replaced(folder):
        monkeypatch.setattr(backend, "open_dir", real)
        path = own_library / "basics" / "passes.yaml"
        for old, new in (("加法", "减法"), ("减法", "乘法")):  # the second one removes the first snapshot
            path.write_text(path.read_text().replace(old, new))
            assert ids(Library.load(own_library), new) == ["passes"]
        return real(folder)

    monkeypatch.setattr(backend, "open_dir", replaced)
    mark, _ = snapshot.open_newest(store)
    assert mark == snapshot.read_mark(store)


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
    assert state(library) == "ready"
    assert len([*place(library).iterdir()]) == 1


def test_interrupting_the_first_build_leaves_nothing_half_done(own_library):
    def interrupt(done, total):
        raise KeyboardInterrupt

    library = Library.load(own_library)
    with pytest.raises(KeyboardInterrupt):
        library.search("plus", progress=interrupt)
    assert state(library) == "missing"
    assert not [*place(library).iterdir()]
    assert ids(library) == ["passes"]


# Whoosh


def test_whoosh_is_imported_without_what_it_never_uses_here():
    program = (
        "import sys; import kb.search.backend; "
        "print(*sorted({'asyncio', 'ssl', 'http.client', 'urllib.request'} & sys.modules.keys())); "
        "import urllib.request; print(urllib.request.urlopen.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "urlopen"]


def test_an_index_holds_the_same_as_one_that_whoosh_writes_unaided(own_library, tmp_path):
    library = Library.load(own_library)
    made = []
    for codec in (None, backend.codec()):
        folder = tmp_path / str(codec is None)
        folder.mkdir()
        writer = backend.create_in(str(folder), backend.schema()).writer(codec=codec)
        for entry in library:
            writer.add_document(**document(entry))
        writer.commit()
        reader = backend.open_dir(str(folder)).reader()
        made.append({(field, term): reader.doc_frequency(field, term) for field, term in reader.all_terms()})
        reader.close()
    assert made[0] == made[1]


def test_writing_an_index_asks_for_no_lengths_of_fields(own_library, empty_cache, monkeypatch):
    from whoosh.codec.whoosh3 import W3PerDocReader

    asked = []
    monkeypatch.setattr(W3PerDocReader, "doc_field_length", lambda *_, **__: asked.append(1) or 0)
    assert Library.load(own_library).search("passes").hits
    assert not asked
