"""Snippets that are changed and tried: `ptnote run --set`, `--edit`, and `--keep-as`."""

import json
import os
import re
import shlex
import sys
from pathlib import Path

import pytest

from kb.content.parse import read_entry
from tests.cli.helpers import on_terminal, one_line

pytestmark = pytest.mark.needs_torch

NOTE = """\
format: 2
title: Many sums
summary: Adds numbers.
explain: Adds numbers.
snippets:
  - name: default
    code: |
      n = 3
      word = "sum"
      print("begin")
      print(word, sum(range(n)), 6 // n)
    parameters:
      - name: n
        help: How many numbers there are.
      - name: word
  - name: plain
    title: Without
    code: |
      print("plain")
"""


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """A folder with one note, which the user has agreed to."""
    path = tmp_path / "notes" / "tricks" / "sums.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(NOTE)
    monkeypatch.setenv("PTNOTE_PATH", str(tmp_path / "notes"))
    monkeypatch.chdir(tmp_path)  # in the checkout of ptnote, a new entry would become one of its own
    return path


@pytest.fixture
def editor(tmp_path, monkeypatch):
    """Sets the editor to a program of Python that finds the name of the file in `path`."""

    def use(program, variable="EDITOR"):
        script = tmp_path / "my editor.py"
        script.write_text(f"import sys\nfrom pathlib import Path\n\npath = Path(sys.argv[1])\n{program}\n")
        monkeypatch.setenv(variable, shlex.join([sys.executable, str(script)]))

    for name in ("VISUAL", "EDITOR", "SSH_CONNECTION", "SSH_TTY", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    return use


def replacing(old, new):
    return f"path.write_text(path.read_text().replace({old!r}, {new!r}))"


def test_one_value_runs_the_changed_code(ptnote):
    done = ptnote("run", "one-hot", "--set", "num_classes=6")
    assert done.code == 0
    assert "[1, 0, 0, 0, 0, 0]" in done.out
    assert "one-hot/default passed" in done.err


def test_a_terminal_shows_the_changed_code():
    shown = on_terminal("run", "one-hot", "--set", "num_classes=6", "--color=never")
    assert "num_classes=6)" in shown.partition("tensor([[")[0]


def test_several_values_are_a_table(ptnote, notes):
    done = ptnote("run", "sums", "--set", "n=1,0,3", "--set", "word=a", "--yes")
    assert done.code == 1
    assert done.out == (
        "1\ta\ta 0 6\n0\ta\tfailed: ZeroDivisionError: integer division or modulo by zero\n3\ta\ta 3 2\n"
    )
    assert done.err == ""


@pytest.mark.parametrize(("lang", "said"), [("en", "last line printed"), ("zh", "输出的最后一行")])
@pytest.mark.parametrize("columns", [80, 40])
def test_the_table_of_a_terminal_is_aligned_and_cut(notes, lang, said, columns):
    long = "x" * 60
    shown = on_terminal(
        "run", "sums", "--set", "n=1,10", "--set", f"word=a,{long}", "--yes", "-L", lang, columns=columns
    )
    lines = shown.splitlines()
    assert [line[:2] for line in lines[:5]] == ["n ", "1 ", "1 ", "10", "10"]
    assert said[:8] in lines[0] or columns == 40
    assert all(len(line) <= columns for line in lines[:5])
    assert "--json" in shown


def test_several_values_as_json(ptnote, notes):
    done = ptnote("run", "sums", "--set", "n=1,3", "--yes", "--json")
    told = json.loads(done.out)
    assert (told["entry"], told["snippet"]) == ("sums", "default")
    assert [(one["values"], one["result"]["stdout"]) for one in told["trials"]] == [
        ({"n": 1}, "begin\nsum 0 6\n"),
        ({"n": 3}, "begin\nsum 3 2\n"),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "m=1"], ["sums/default has no parameter 'm'", 'it has: n=3, word="sum"']),
        (["--set", "n=x"], ["'x' does not fit n, which is a whole number", "--set n=3"]),
        (["--set", "n"], ["sets nothing"]),
        (["-s", "plain", "--set", "n=1"], ["sums/plain has no parameters", "default"]),
        (["--set", "n=1,2", "--edit"], ["several values are only compared"]),
        (["--keep-as", "x"], ["--keep-as keeps changed code"]),
    ],
)
def test_wrong_settings_are_one_line_and_exit_2(ptnote, notes, arguments, words):
    done = ptnote("run", "sums", *arguments, "--yes")
    assert (done.code, done.out) == (2, "")
    one_line(done, *words)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "m=1"], "sums/default 没有参数“m”，只有：n=3"),
        (["--set", "n=x"], "“x”不适合 n，它是整数；--set n=3"),
        (["--edit"], "没有设置编辑器"),
    ],
)
def test_the_same_in_chinese(ptnote, notes, editor, arguments, said):
    one_line(ptnote("run", "sums", *arguments, "--yes", "-L", "zh"), said)


def test_foreign_code_is_asked_for_whatever_the_values(ptnote, notes):
    for settings in (["--set", "n=1"], ["--set", "n=1,2"]):
        done = ptnote("run", "sums", *settings)
        assert (done.code, done.out) == (1, "")
        one_line(done, "sums.yaml:8", "not part of ptnote")
    assert ptnote("run", "sums", "--yes").code == 0
    assert ptnote("run", "sums", "--set", "n=1").out == "begin\nsum 0 6\n"


def test_everything_is_shown_about_a_snippet_and_its_parameters(ptnote, notes):
    shown = ptnote("show", "sums", "default", "-L", "en").out
    assert "Change: --set n=3  How many numbers there are.\n" in shown
    assert 'Change: --set word="sum"\n' in shown
    assert "可调：--set n=3" in ptnote("show", "sums", "--all", "-L", "zh").out
    told = json.loads(ptnote("show", "sums", "--json").out)["snippets"][0]["parameters"]
    assert [one["name"] for one in told] == ["n", "word"]


def test_an_entry_that_declares_what_it_does_not_have_is_shown_all_the_same(ptnote, notes):
    notes.write_text(NOTE.replace("name: word", "name: words"))
    assert 'word = "sum"' in ptnote("show", "sums", "--all").out
    done = ptnote("check", str(notes))
    assert f"{notes}:15: E119 parameter 'words'" in done.out
    assert done.code == 1
    done = ptnote("run", "sums", "--set", "n=1", "--yes")
    assert done.code == 2
    one_line(done, f"{notes}:8: parameter 'words'", "ptnote check")
    assert ptnote("run", "sums", "--yes").code == 0


# In the editor


def test_the_changed_copy_is_run_and_stays(ptnote, notes, editor, tmp_path):
    editor(replacing("n = 3", "n = 2"))
    done = ptnote("run", "sums", "--edit", "--yes", env={"TMPDIR": str(tmp_path)})
    assert (done.code, done.out) == (0, "begin\nsum 1 3\n")
    copy = Path(done.err.splitlines()[-1].removeprefix("ptnote: the changed code is in "))
    assert copy.name == "sums-default.py"
    assert "n = 2" in copy.read_text()
    assert notes.read_text() == NOTE


def test_the_changed_copy_is_kept_as_an_entry(ptnote, notes, editor, tmp_path, clean_environment):
    editor(replacing('"begin"', '"a: b # \\t 独热"'))
    done = ptnote("run", "sums", "--edit", "--keep-as", "more-sums", "--yes", env={"TMPDIR": str(tmp_path)})
    path = Path(done.out.splitlines()[-1])
    assert path == clean_environment / "xdg_data_home" / "ptnote" / "entries" / "tricks" / "more-sums.yaml"
    entry, problems = read_entry(path, "user")
    assert problems == []
    assert entry.snippets[0].output == "a: b # \t 独热\nsum 3 2\n"
    assert entry.see_also == ("sums",)
    assert ptnote("test", "more-sums", "--yes").code == 0
    assert [*tmp_path.glob("ptnote-edit-*")] == []
    checked = ptnote("check", str(path))
    assert checked.code == 0, checked.out


def test_code_that_fails_is_kept_with_what_it_raises(ptnote, notes):
    done = ptnote("run", "sums", "--set", "n=0", "--keep-as", "no-sums", "--yes")
    assert done.code == 1
    entry, problems = read_entry(Path(done.out.splitlines()[-1]), "user")
    assert problems == []
    assert entry.snippets[0].raises.startswith("ZeroDivisionError: integer division")
    assert ptnote("test", "no-sums", "--yes").code == 0


def test_every_builtin_snippet_with_parameters_can_be_kept(ptnote, notes, builtin):
    from kb import keep_snippet

    for entry in builtin:
        for one in entry.snippets:
            if one.parameters:
                id = f"kept-{entry.id[:16]}-{one.name[:10]}".strip("-")
                path = keep_snippet(builtin, entry, one, id, code=one.code, output=one.output, project=True)
                kept, problems = read_entry(path, "project")
                assert problems == []
                assert (kept.snippets[0].code, kept.snippets[0].output) == (one.code, one.output)
                path.unlink()


@pytest.mark.parametrize("id", ["one-hot", "Not_an_id", "../up"])
def test_a_copy_that_cannot_be_kept_is_not_lost(ptnote, notes, editor, tmp_path, id):
    editor(replacing("n = 3", "n = 2"))
    done = ptnote("run", "sums", "--edit", "--keep-as", id, "--yes", env={"TMPDIR": str(tmp_path)})
    assert done.code in (1, 2)
    (copy,) = tmp_path.glob("ptnote-edit-*/sums-default.py")
    assert "n = 2" in copy.read_text()
    assert f"the changed code is in {copy}" in done.err


@pytest.mark.parametrize("program", ["pass", "path.write_text('')"])
def test_without_a_change_nothing_is_run(ptnote, notes, editor, tmp_path, program):
    editor(program)
    done = ptnote("run", "sums", "--edit", "--yes", env={"TMPDIR": str(tmp_path)})
    assert (done.code, done.out) == (1, "")
    one_line(done, "nothing was run")
    assert [*tmp_path.glob("ptnote-edit-*")] == []


def test_visual_counts_more_than_editor(ptnote, notes, editor, monkeypatch):
    editor(replacing("n = 3", "n = 2"), "VISUAL")
    monkeypatch.setenv("EDITOR", "false")
    assert ptnote("run", "sums", "--edit", "--yes").out == "begin\nsum 1 3\n"


@pytest.mark.parametrize(
    ("value", "code", "words"),
    [
        ("", 2, ["no editor is set", "export EDITOR=nano"]),
        ("  ", 2, ["no editor is set"]),
        ("'", 2, ["EDITOR is '''"]),
        ("no-such-editor", 1, ["cannot start the editor no-such-editor"]),
        ("false", 1, ["the editor false ended with exit code 1"]),
    ],
)
@pytest.mark.parametrize("command", [["run", "sums", "--edit", "--yes"], ["edit", "sums"]])
def test_an_editor_that_is_missing_or_fails_is_one_line(
    ptnote, notes, editor, monkeypatch, command, value, code, words
):
    monkeypatch.setenv("EDITOR", value)
    done = ptnote(*command)
    assert (done.code, done.out) == (code, "")
    one_line(done, *words)
    assert [path.name for path in notes.parent.iterdir()] == ["sums.yaml"]
    assert notes.read_text() == NOTE


def test_a_terminal_asks_whether_to_keep_it(notes, editor, tmp_path):
    editor(replacing("n = 3", "n = 2"))
    env = {"TMPDIR": str(tmp_path), "EDITOR": os.environ["EDITOR"]}
    refused = on_terminal("run", "sums", "--edit", "--yes", "--color=never", typed="\n", **env)
    assert "Its id, or Enter for no" in refused
    assert [*tmp_path.glob("ptnote-edit-*")] == []
    kept = on_terminal("run", "sums", "--edit", "--color=never", typed="one-hot\nmy-sums\n", **env)
    assert "'one-hot' already names an entry" in kept
    assert re.search(r"tricks/my-sums\.yaml", kept)
    gone = on_terminal("run", "sums", "--edit", "--color=never", typed="\x04", **env)
    assert "the changed code is in" in gone


def test_it_is_asked_in_chinese(notes, editor, tmp_path):
    editor(replacing("n = 3", "n = 2"))
    env = {"TMPDIR": str(tmp_path), "EDITOR": os.environ["EDITOR"]}
    shown = on_terminal("run", "sums", "--edit", "--yes", "-L", "zh", typed="\n", **env)
    assert "要把改过的代码存成你自己的条目吗？输入 id，直接回车表示不存" in shown
