"""The library: layers, names, what callers see of each verb."""

import os
import shutil

import pytest

from kb import Library
from kb.content.folder import read_folder
from kb.content.shelf import Shelf, pick_snippet
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
        pick_snippet(library.get("passes"), "right")


def test_snippet_names_are_forgiving(library):
    assert pick_snippet(library.get("passes"), "WRONG").name == "wrong"


@pytest.mark.parametrize(
    ("words", "snippet", "picked"),
    [
        (["passes"], None, ("passes", "default")),
        (["passes", "wrong"], None, ("passes", "wrong")),
        (["passes"], "wrong", ("passes", "wrong")),
        (["a", "snippet", "that", "passes"], None, ("passes", "default")),
        (["a", "snippet", "that", "passes", "wrong"], None, ("passes", "wrong")),
    ],
)
def test_words_pick_an_entry_and_a_snippet(library, words, snippet, picked):
    entry, chosen = library.pick(words, snippet)
    assert (entry.id, chosen.name) == picked


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
    assert [folder.layer for folder in library.shelf.folders] == ["built-in", "user", "extra", "project"]
    assert library.get("passes").layer == "project"
    assert library.get("zhongwen").layer == "extra"
    assert library.get("one-hot").layer == "built-in"


def test_a_folder_that_was_stored_as_one_layer_is_opened_as_another(own_library):
    assert Library.load(own_library).get("passes").layer == "extra"
    again = Library(Shelf([read_folder(own_library, "user")]))
    assert again.get("passes").layer == again.heads["passes"].layer == "user"


def test_a_broken_file_is_left_out_and_reported(own_library):
    (own_library / "basics" / "passes.yaml").write_text("format: 1\n")
    for _ in range(2):  # parsed, then from the store
        library = Library.load(own_library)
        assert "passes" not in library.heads
        assert "fails" in library.heads
        assert {problem.code for problem in library.problems} == {"E006"}
        assert {problem.path for problem in library.problems} == {str(own_library / "basics" / "passes.yaml")}


def test_two_files_of_one_id_are_a_problem(own_library):
    (own_library / "chinese" / "passes.yaml").write_text((own_library / "basics" / "passes.yaml").read_text())
    (problem,) = Library.load(own_library).problems
    assert problem.code == "E010"
    assert "basics/passes.yaml" in problem.message


def test_of_two_files_of_one_id_the_first_is_read_even_when_the_second_changes(own_library):
    first, second = (own_library / folder / "passes.yaml" for folder in ("basics", "chinese"))
    Library.load(own_library)
    second.write_text(first.read_text().replace("A snippet that passes", "The second"))
    for _ in range(2):
        library = Library.load(own_library)
        assert library.get("passes").title.en == "A snippet that passes"
        assert library.get("passes").path == str(first)


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(BadFile, match="nowhere"):
        Library.load(tmp_path / "nowhere")


def test_builtin_entries_are_those_of_the_checkout():
    assert Library.load().shelf.folders[0].root == ROOT / "entries"


def test_patterns_are_those_of_the_visible_entries(own_library):
    path = own_library / "basics" / "passes.yaml"
    path.write_text(path.read_text().replace("errors:", "errors:\n  - a message of my own {x}\n#"))
    for _ in range(2):
        shelf = Shelf.open(LIBRARY, own_library)
        found = dict(shelf.patterns())
        assert found["passes"].match == "a message of my own {x}"


def test_selecting_by_tags_and_category(library):
    assert [head.id for head in library.select(tags=["addition"])] == ["passes"]
    assert {head.category for head in library.select(category="basics")} == {"basics"}
    assert library.select(tags=["addition"], category="gpu") == []
