"""Notes of one's own, written as people write them: in one language, beside other files."""

import json

import pytest

from tests.cli.helpers import one_line

NOTE = """\
format: 2
title: My trick
summary: {en: Turns the knob twice.}
explain: {zh: 把旋钮转两圈。}
pitfalls: [Do not turn it back.]
errors: [the knob is stuck]
snippets:
  - name: default
    code: |
      print("turned")
    output: |
      turned
"""


@pytest.fixture
def notes(tmp_path):
    """A folder with one note."""
    path = tmp_path / "notes" / "tricks" / "my-trick.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(NOTE)
    return path


@pytest.fixture(params=["user", "extra", "project"])
def layer(request, notes, tmp_path, monkeypatch):
    """The folder with the note as each of the layers in turn, and where the command is called then."""
    if request.param == "user":
        (tmp_path / "data" / "ptnote").mkdir(parents=True)
        notes.parents[1].rename(tmp_path / "data" / "ptnote" / "entries")
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        return tmp_path / "data" / "ptnote" / "entries"
    if request.param == "extra":
        monkeypatch.setenv("PTNOTE_PATH", str(notes.parents[1]))
        return notes.parents[1]
    return notes.parents[1].rename(tmp_path / ".ptnote")


def test_a_note_in_one_language_is_shown_in_both(ptnote, layer):
    for lang in ("en", "zh"):
        note = json.loads(ptnote("show", "my-trick", "--json", "-L", lang).out)
        assert note["title"] == {"en": "My trick", "zh": "My trick"}
        assert note["summary"]["zh"] == "Turns the knob twice."
        assert note["explain"]["en"] == "把旋钮转两圈。"
        assert note["pitfalls"][0]["zh"] == "Do not turn it back."
        assert "My trick" in ptnote("show", "my-trick", "-L", lang).out
    assert "my-trick" in ptnote("search", "knob", "--ids").out.splitlines()


def test_check_suggests_the_other_language(ptnote, layer):
    done = ptnote("check", str(layer / "tricks" / "my-trick.yaml"))
    assert done.code == 0, done.out
    said = [line for line in done.out.splitlines() if ": S202 " in line]
    assert [line.partition(" S202 ")[2].partition(";")[0] for line in said] == [
        "no en or zh in title, pitfalls.0",
        "no zh in summary",
        "no en in explain",
    ]
    assert ptnote("check", "--strict", str(layer / "tricks" / "my-trick.yaml")).code == 1


def test_files_that_are_no_entries_are_told(ptnote, layer):
    for place in ("tricks/thoughts.md", "notes.txt", "tricks/gone.proofs.py"):
        (layer / place).write_text("")
    for command in (["list"], ["search", "knob"]):
        one_line(ptnote(*command), "3 files are not entries and were left out", "ptnote check")
    for arguments in ([], [str(layer)]):
        found = [line for line in ptnote("check", *arguments).out.splitlines() if " E011 " in line]
        assert len(found) == 3, arguments
    for place in ("notes.txt", "tricks/gone.proofs.py"):
        (layer / place).unlink()
    one_line(ptnote("list"), "1 file is not an entry and was left out")
    (layer / "tricks" / "thoughts.md").unlink()
    assert ptnote("list").err == ""
