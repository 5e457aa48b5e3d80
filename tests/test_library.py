"""The library: layers, names, the compiled cache."""

import os
import shutil

import pytest

from kb import Library
from kb.content import folder as folders
from kb.errors import BadFile, UnknownEntry, UnknownSnippet
from tests.conftest import LIBRARY, ROOT


@pytest.mark.parametrize(
    "name", ["passes", "Passes", "plus", "PLUS", "测试加法", "a snippet that passes", "能通过的片段"]
)
def test_an_entry_is_found_by_id_alias_or_title(library, name):
    assert library.get(name).id == "passes"


def test_a_unique_beginning_is_enough(library):
    assert library.get("pass").id == "passes"


def test_an_unknown_name_suggests(library):
    with pytest.raises(UnknownEntry, match="did you mean: passes"):
        library.get("pases")
    with pytest.raises(UnknownEntry, match="try: ptnote search xyzzy"):
        library.get("xyzzy")


def test_an_empty_name_is_unknown(library):
    with pytest.raises(UnknownEntry):
        library.get("-")


def test_an_unknown_snippet_names_the_known(library):
    with pytest.raises(UnknownSnippet, match="default, wrong"):
        library.snippet(library.get("passes"), "right")


def test_snippet_names_are_forgiving(library):
    assert library.snippet(library.get("passes"), "WRONG").name == "wrong"


def test_later_layers_hide_earlier_ones(own_library):
    path = own_library / "basics" / "passes.yaml"
    path.write_text(path.read_text().replace("A snippet that passes", "My own"))
    library = Library.load(LIBRARY, own_library)
    assert library.get("passes").title.en == "My own"
    assert len(library) == len(Library.load(LIBRARY))


def test_all_layers_of_a_machine_are_loaded(own_library, monkeypatch, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(LIBRARY / "basics", project / ".ptnote" / "basics")
    (project / "deep").mkdir()
    monkeypatch.chdir(project / "deep")
    monkeypatch.setenv("PTNOTE_PATH", str(own_library))
    user = os.environ["XDG_DATA_HOME"] + "/ptnote/entries"
    shutil.copytree(LIBRARY / "chinese", user + "/chinese")
    library = Library.load()
    assert [folder.layer for folder in library.folders] == ["built-in", "user", "extra", "project"]
    assert library.get("passes").layer == "project"
    assert library.get("zhongwen").layer == "extra"
    assert library.get("one-hot").layer == "built-in"


def count_parses(monkeypatch):
    seen = []
    real = folders._parse
    monkeypatch.setattr(folders, "_parse", lambda path, layer: seen.append(path) or real(path, layer))
    return seen


def test_unchanged_files_are_not_parsed_again(own_library, monkeypatch):
    first = Library.load(own_library)
    parsed = count_parses(monkeypatch)
    second = Library.load(own_library)
    assert parsed == []
    assert [*second] == [*first]
    assert parsed == []


def test_changed_added_and_removed_files_are_noticed(own_library, monkeypatch):
    Library.load(own_library)
    parsed = count_parses(monkeypatch)
    changed = own_library / "basics" / "passes.yaml"
    changed.write_text(changed.read_text().replace("Adds two tensors.", "Adds two of them."))
    (own_library / "gpu" / "needs-cuda.yaml").rename(own_library / "gpu" / "renamed.yaml")
    library = Library.load(own_library)
    assert sorted(os.path.basename(path) for path in parsed) == ["passes.yaml", "renamed.yaml"]
    assert library.get("passes").summary.en == "Adds two of them."
    assert "needs-cuda" not in library.heads
    assert Library.load(own_library).get("zhongwen").title.zh == "混合精度与显存占用"


def test_a_broken_file_is_left_out_and_told(own_library):
    (own_library / "basics" / "passes.yaml").write_text("format: 1\n")
    for _ in range(2):  # parsed, then from the cache
        library = Library.load(own_library)
        assert "passes" not in library.heads
        assert "fails" in library.heads
        assert {problem.code for problem in library.problems} == {"E006"}


@pytest.mark.parametrize("kind", ["table", "bodies"])
@pytest.mark.parametrize("damage", [b"", b"garbage", b"0000000000000003abc", b"9" * 16])
def test_a_damaged_cache_is_read_past(own_library, kind, damage):
    expected = [*Library.load(own_library)]
    folders._cache_file(own_library, kind).write_bytes(damage)
    assert [*Library.load(own_library)] == expected


@pytest.mark.parametrize("kind", ["table", "bodies"])
def test_a_truncated_cache_is_read_past(own_library, kind):
    expected = [*Library.load(own_library)]
    cache = folders._cache_file(own_library, kind)
    cache.write_bytes(cache.read_bytes()[:-500])
    assert [*Library.load(own_library)] == expected


def test_a_folder_that_was_cached_as_one_layer_is_opened_as_another(own_library):
    assert Library.load(own_library).get("passes").layer == "extra"
    again = Library([folders.read_folder(own_library, "user")])
    assert again.get("passes").layer == again.heads["passes"].layer == "user"


def test_a_cache_folder_that_cannot_be_made_is_told(own_library, monkeypatch, tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    monkeypatch.setenv("PTNOTE_CACHE_DIR", str(blocker / "cache"))
    library = Library.load(own_library)
    assert library.get("passes").id == "passes"
    assert "cannot be written" in library.folders[0].fallbacks[0]


def test_two_files_of_one_id_are_a_problem(own_library):
    (own_library / "chinese" / "passes.yaml").write_text((own_library / "basics" / "passes.yaml").read_text())
    (problem,) = Library.load(own_library).problems
    assert problem.code == "E010"
    assert "basics/passes.yaml" in problem.message


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(BadFile, match="nowhere"):
        Library.load(tmp_path / "nowhere")


def test_the_stamp_follows_the_content(own_library):
    before = Library.load(own_library).stamp
    assert Library.load(own_library).stamp == before
    path = own_library / "basics" / "passes.yaml"
    path.write_text(path.read_text() + "\n")
    assert Library.load(own_library).stamp != before


def test_builtin_entries_are_those_of_the_checkout():
    assert Library.load().folders[0].root == ROOT / "entries"
