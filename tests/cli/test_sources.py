"""Sources that the user adds: `add-source`, `update-source`, `remove-source`, and `sources --own`."""

import json
import os
import shutil
import subprocess
import time

import pytest

from kb import add_source, added_sources
from kb.errors import BadFile
from kb.own import git, sources
from tests.cli.helpers import one_line

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

NOTE = """\
format: 2
title: Knob
summary: Turns the {word} twice.
explain: Turns it.
snippets:
  - name: default
    code: |
      print("turned")
    output: |
      turned
"""


def write(folder, id="turn-knob", word="knob"):
    path = folder / "tricks" / f"{id}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(NOTE.format(word=word))
    return path


def run_git(folder, *arguments):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *identity, "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path):
    """A folder with one entry."""
    write(tmp_path / "notes")
    return tmp_path / "notes"


@pytest.fixture
def repository(tmp_path):
    """A repository with an entry, and files that are none."""
    place = tmp_path / "team.git"
    write(place / "entries", word="lever")
    (place / "LICENSE").write_text("free")
    (place / "setup.py").write_text("raise SystemExit")
    run_git(place.parent, "init", "-q", "-b", "main", str(place))
    commit(place)
    return place


def commit(place):
    run_git(place, "add", "-A")
    run_git(place, "commit", "-q", "-m", "change")


@pytest.fixture
def place(clean_environment):
    """Where the sources lie."""
    return clean_environment / "xdg_data_home" / "ptnote" / "sources"


def test_a_folder_is_read_where_it_is(ptnote, folder):
    done = ptnote("add-source", str(folder), "--name", "mine")
    assert (done.code, done.out) == (0, "")
    one_line(done, "source 'mine': 1 entries, files left out: 0")
    assert ptnote("search", "knob", "--ids", "-n", "1").out == "turn-knob\n"
    assert json.loads(ptnote("show", "turn-knob", "--json").out)["layer"] == "added"
    write(folder, word="wheel")
    assert "Turns the wheel" in ptnote("turn-knob").out
    assert ptnote("sources", "--own").out == f"mine\t1\t0\t{folder}\n"
    assert "turn-knob" in ptnote("list").out


@pytest.mark.needs_torch
def test_its_code_is_asked_for_and_tested(ptnote, folder):
    ptnote("add-source", str(folder))
    one_line(ptnote("run", "turn-knob"), "turn-knob.yaml:8", "not part of ptnote")
    assert ptnote("test", "turn-knob").code == 1
    assert ptnote("test", "turn-knob", "--yes").code == 0
    assert ptnote("run", "turn-knob").out == "turned\n"


def test_own_entries_hide_those_of_sources_which_hide_builtin_ones(ptnote, folder, clean_environment):
    write(folder, "one-hot", "source")
    ptnote("add-source", str(folder))
    shown = ptnote("one-hot", "-L", "en").out
    assert "an entry from a source that you added, hides the built-in entry of this name" in shown
    assert "Turns the source" in shown
    assert "你添加的来源里的条目" in ptnote("one-hot", "-L", "zh").out
    write(clean_environment / "xdg_data_home" / "ptnote" / "entries", "one-hot", "own")
    assert "Turns the own" in ptnote("one-hot").out


@needs_git
def test_a_repository_is_copied_updated_and_removed(ptnote, repository, place):
    url = f"file://{repository}"
    done = ptnote("add-source", url, "--json")
    told = json.loads(done.out)["source"]
    assert (told["name"], told["url"], told["entries"], told["problems"]) == ("team", url, 1, [])
    assert "lever" in ptnote("turn-knob").out
    assert ptnote("list").err == ""  # other files of a repository are nobody's fault
    one_line(ptnote("update-source"), "source 'team' is up to date")
    write(repository / "entries", word="wheel")
    commit(repository)
    assert "lever" in ptnote("turn-knob").out
    one_line(ptnote("update-source", "team"), "source 'team': 1 entries")
    assert "wheel" in ptnote("turn-knob").out
    assert len([*(place / ".copies").iterdir()]) == 1
    one_line(ptnote("remove-source", "team"), "source 'team' is removed")
    assert ptnote("show", "turn-knob").code == 1
    assert [*(place / ".copies").iterdir()] == []
    assert repository.exists()


@needs_git
def test_nothing_of_a_repository_is_executed(ptnote, repository, tmp_path, monkeypatch):
    ran = tmp_path / "ran"
    template = tmp_path / "template" / "hooks" / "post-checkout"
    template.parent.mkdir(parents=True)
    template.write_text(f"#!/bin/sh\ntouch {ran}\n")
    template.chmod(0o755)
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(template.parents[1]))
    (repository / "link").symlink_to("/etc/passwd")
    (repository / ".gitattributes").write_text("* filter=lfs\n")
    commit(repository)
    assert ptnote("add-source", f"file://{repository}").code == 0
    assert not ran.exists()
    (copy,) = [one.path for one in added_sources()]
    assert not os.path.islink(f"{copy}/link")
    mark = tmp_path / "mark"
    done = ptnote("add-source", f"ext::sh -c touch% {mark}", "--name", "evil")
    assert done.code == 1
    done = ptnote("add-source", f"ext://sh -c 'touch {mark}'", "--name", "evil")
    assert done.code == 1
    assert not mark.exists()


@needs_git
def test_a_copy_that_was_changed_here_is_not_lost(ptnote, repository, place):
    ptnote("add-source", f"file://{repository}")
    (copy,) = (place / ".copies").iterdir()
    (copy / "mine.txt").write_text("mine")
    write(repository / "entries", word="wheel")
    commit(repository)
    for command in (["update-source", "team"], ["remove-source", "team"]):
        done = ptnote(*command)
        assert done.code == 1
        one_line(done, f"files in {copy} were changed here")
    assert (copy / "mine.txt").read_text() == "mine"
    assert ptnote("remove-source", "team", "--force").code == 0
    assert not copy.exists()


@needs_git
def test_git_asks_nothing_and_takes_no_longer_than_it_may(ptnote, tmp_path, monkeypatch):
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nsleep 60 & sleep 60\n")
    slow.chmod(0o755)
    path = f"{slow.parent}:{os.environ['PATH']}"
    begun = time.monotonic()
    done = ptnote("add-source", "https://example.invalid/x.git", "--timeout", "0.5", env={"PATH": path})
    assert time.monotonic() - begun < 30
    assert done.code == 1
    one_line(done, "git took longer than 0.5 s", "--timeout")


@needs_git
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere"], 1, ["no such folder: nowhere"]),
        (["file:///no/such/repository"], 1, ["git failed for file:///no/such/repository: "]),
        (["--", "--upload-pack=touch x"], 1, ["no such folder"]),
        ([".", "--name", "../x"], 2, ["'../x' cannot be the name of a source"]),
        ([".", "--name", ".x"], 2, ["cannot be the name"]),
        (["/"], 2, ["'' cannot be the name of a source", "--name NAME"]),
        ([], 2, ["Missing argument"]),
    ],
)
def test_what_cannot_be_added_is_one_line(ptnote, place, arguments, code, words):
    done = ptnote("add-source", *arguments)
    assert (done.code, done.out) == (code, "")
    one_line(done, *words)
    assert not place.exists() or sorted(os.listdir(place)) in ([], [".copies", ".lock"])


def test_a_folder_without_entries_is_not_added(ptnote, tmp_path):
    (tmp_path / "empty").mkdir()
    done = ptnote("add-source", "empty")
    assert done.code == 1
    one_line(done, "empty holds no entries; they stand at CATEGORY/ID.yaml")
    assert ptnote("sources", "--own").out == ""


def test_a_name_is_given_once(ptnote, folder):
    assert ptnote("add-source", str(folder)).code == 0
    done = ptnote("add-source", str(folder))
    assert done.code == 2
    one_line(done, "source 'notes' exists already", "--name")


@pytest.mark.parametrize("command", ["update-source", "remove-source"])
def test_a_name_that_is_no_source(ptnote, folder, command):
    ptnote("add-source", str(folder))
    done = ptnote(command, "note")
    assert done.code == 2
    one_line(done, "no source 'note'; did you mean: notes?")
    one_line(ptnote(command, "note", "-L", "zh"), "没有来源“note”")


def test_a_folder_needs_no_update(ptnote, folder):
    ptnote("add-source", str(folder))
    one_line(ptnote("update-source", "notes"), "source 'notes' is up to date")
    assert ptnote("update-source").code == 0


def test_an_entry_that_breaks_a_rule_is_told_and_left_out(ptnote, folder):
    for id in ("bad", "worse"):
        write(folder, id).write_text("title: [")
    done = ptnote("add-source", str(folder))
    assert done.code == 0
    assert [line.partition(":")[0] for line in done.out.splitlines()] == [
        f"{os.path.realpath(folder)}/tricks/{id}.yaml" for id in ("bad", "worse")
    ] or len(done.out.splitlines()) == 2
    one_line(
        ptnote("search", "knob", "--ids", "-n", "1"), "2 entry files could not be read; see: ptnote check"
    )
    assert ptnote("turn-knob").code == 0
    assert ptnote("sources", "--own").out == f"notes\t1\t2\t{folder}\n"


def test_a_folder_that_is_gone_is_told(ptnote, folder):
    ptnote("add-source", str(folder))
    shutil.rmtree(folder)
    for command in (["one-hot"], ["list"], ["search", "amp"]):
        done = ptnote(*command)
        assert done.code == 0
        one_line(done, "left out source 'notes', whose folder is gone")
    told = json.loads(ptnote("sources", "--own", "--json").out)["sources"]
    assert [(one["name"], one["missing"]) for one in told] == [("notes", True)]
    assert ptnote("remove-source", "notes").code == 0
    assert ptnote("list").err == ""


def test_without_sources_it_says_how_to_add_one(ptnote):
    done = ptnote("sources", "--own")
    assert (done.code, done.out) == (0, "")
    one_line(done, "ptnote add-source PATH|GIT-URL")
    assert "covered" in ptnote("sources").err


def test_what_was_not_finished_is_removed_next_time(ptnote, folder, place):
    ptnote("add-source", str(folder))
    (place / ".copies" / "half-1234").mkdir()
    (place / ".x.1234.part").symlink_to("nowhere")
    (place / "kept").symlink_to(".copies/used-1")
    write(place / ".copies" / "used-1")
    assert "notes" in ptnote("sources", "--own").out
    assert ptnote("add-source", str(folder), "--name", "again").code == 0
    assert sorted(os.listdir(place)) == [".copies", ".lock", "again", "kept", "notes"]
    assert os.listdir(place / ".copies") == ["used-1"]


def test_two_at_once_do_not_meet(folder):
    with sources._alone(), pytest.raises(BadFile, match="another ptnote is changing the sources"):
        add_source(str(folder))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:secret@example.com/x.git", "https://…@example.com/x.git"),
        ("https://example.com/a@b", "https://example.com/a@b"),
        ("git@example.com:x/y.git", "git@example.com:x/y.git"),
    ],
)
def test_no_password_is_shown(url, shown):
    assert git.shown(url) == shown


def test_completion_knows_the_sources(ptnote, folder):
    ptnote("add-source", str(folder))
    table = ptnote("completion", "--table").out.splitlines()
    assert "sources\tnotes\t" in table
    assert "arguments:remove-source\t@sources\t" in table
    assert f"\t{os.path.realpath(folder)}" in table[1]
