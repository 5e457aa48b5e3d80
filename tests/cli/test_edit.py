"""`ptnote edit`: entries that are changed in the user's editor."""

import json
import shlex
import sys
from pathlib import Path

import pytest

from kb import Library, editing
from kb.errors import BadFile
from tests.cli.helpers import one_line
from tests.conftest import ROOT

NOTE = """\
format: 2
title: My trick
summary: Turns the knob twice.
explain: Turns it.
snippets:
  - name: default
    code: |
      print("turned")
    output: |
      turned
"""


@pytest.fixture
def own(clean_environment):
    """The folder of the user's own entries."""
    return clean_environment / "xdg_data_home" / "ptnote" / "entries"


@pytest.fixture
def note(own):
    """A note of the user's own."""
    path = own / "tricks" / "my-trick.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(NOTE)
    return path


@pytest.fixture
def edit(ptnote, tmp_path):
    """Runs `ptnote edit` with an editor that is a program of Python; it finds the name of the file in `path`."""

    def run(program, *arguments, **options):
        script = tmp_path / "my editor.py"
        script.write_text(f"import sys\nfrom pathlib import Path\n\npath = Path(sys.argv[1])\n{program}\n")
        env = {"EDITOR": shlex.join([sys.executable, str(script)]), "VISUAL": "", **options.pop("env", {})}
        return ptnote("edit", *arguments, env=env, **options)

    return run


def replacing(old, new):
    return f"path.write_text(path.read_text().replace({old!r}, {new!r}))"


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_an_entry_of_ones_own_is_changed_where_it_is(edit, note, own, ptnote):
    done = edit(replacing("twice", "three times"), "my-trick")
    assert done.code == 0, done.out + done.err
    assert f"written to {note}; try it: ptnote test my-trick" in done.err
    assert note.read_text() == NOTE.replace("twice", "three times")
    assert "three times" in ptnote("my-trick").out
    assert files(own) == ["tricks/my-trick.yaml"]


def test_a_builtin_entry_is_copied_and_hidden(edit, own, ptnote):
    done = edit(replacing("One-hot encoding", "My encoding"), "one", "hot")
    assert done.code == 0, done.out + done.err
    assert "one-hot: an entry of your own, hides the built-in entry of this name" in done.err
    names = ["one-hot.asked.txt", "one-hot.proofs.py", "one-hot.yaml"]
    assert files(own) == [f"tensor-ops/{name}" for name in names]
    builtin = (ROOT / "entries" / "tensor-ops" / "one-hot.yaml").read_text()
    copy = (own / "tensor-ops" / "one-hot.yaml").read_text()
    assert copy == builtin.partition("\n")[2].replace("One-hot encoding", "My encoding")
    assert "hides the built-in entry" in ptnote("one-hot", "-L", "en").out
    assert json.loads(ptnote("show", "one-hot", "--json").out)["hides"].endswith(
        "entries/tensor-ops/one-hot.yaml"
    )
    (own / "tensor-ops" / "one-hot.yaml").unlink()
    assert "My encoding" not in ptnote("one-hot", "-L", "en").out


def test_a_copy_for_the_project(edit, own, tmp_path, note):
    (tmp_path / ".ptnote").mkdir()
    (tmp_path / "deep").mkdir()
    assert edit(replacing("twice", "thrice"), "my-trick", "--project", cwd=tmp_path / "deep").code == 0
    assert files(tmp_path / ".ptnote") == ["tricks/my-trick.yaml"]
    assert note.read_text() == NOTE
    # from now on the nearest one is meant
    assert edit(replacing("thrice", "often"), "my-trick").code == 0
    assert "often" in (tmp_path / ".ptnote" / "tricks" / "my-trick.yaml").read_text()


def test_without_a_change_nothing_is_copied(edit, own):
    done = edit("pass", "one-hot")
    assert (done.code, done.out) == (0, "")
    one_line(done, "nothing was changed")
    assert files(own) == []


def test_what_breaks_a_rule_is_reported_and_kept(edit, note, ptnote):
    done = edit(replacing("summary: Turns the knob twice.\n", ""), "my-trick")
    assert done.code == 1
    assert f"{note}:1: E006 'summary' is missing\n" in done.out
    assert "mend it: ptnote edit my-trick" in done.err
    assert note.read_text() == NOTE.replace("summary: Turns the knob twice.\n", "")
    one_line(ptnote("list"), f"1 entry file could not be read, {note}:1; see: ptnote check")
    # an entry that cannot be read is found all the same
    done = edit(replacing("explain:", "summary: Mended.\nexplain:"), "my-trick")
    assert done.code == 0, done.out
    assert "Mended." in ptnote("my-trick").out


def test_text_that_is_no_yaml_is_kept_and_the_builtin_entry_shown(edit, own, ptnote):
    done = edit("path.write_bytes(b'\\xff: [')", "one-hot")
    assert done.code == 1
    assert "one-hot.yaml:1: E001 not UTF-8" in done.out
    assert (own / "tensor-ops" / "one-hot.yaml").read_bytes() == b"\xff: ["
    assert "One-hot encoding" in ptnote("one-hot", "-L", "en").out


def test_a_file_whose_name_is_no_id_is_found(edit, own, note, ptnote):
    note.rename(note.with_name("My_Trick.yaml"))
    assert "E101 id 'My_Trick'" in edit(replacing("twice", "thrice"), "My_Trick").out
    assert files(own) == ["tricks/My_Trick.yaml"]
    assert "thrice" in note.with_name("My_Trick.yaml").read_text()


def test_an_empty_file_replaces_nothing(edit, note):
    done = edit("path.write_text('')", "my-trick")
    assert done.code == 1
    one_line(done, f"is empty now, so {note} was left as it is")
    assert note.read_text() == NOTE


def test_a_draft_that_was_left_behind_is_gone_on_with(edit, note):
    draft = note.with_name(".my-trick.draft.yaml")
    assert edit("path.write_text(path.read_text() + '# begun\\n'); sys.exit(3)", "my-trick").code == 1
    assert draft.read_text() == NOTE + "# begun\n"
    assert note.read_text() == NOTE
    done = edit("path.write_text(path.read_text() + '# ended\\n')", "my-trick")
    assert f"going on with the draft of an edit that was interrupted: {draft}" in done.err
    assert note.read_text() == NOTE + "# begun\n# ended\n"
    assert not draft.exists()


def test_a_draft_that_is_older_than_the_file_replaces_nothing(edit, note):
    edit("path.write_text(path.read_text() + '# begun\\n'); sys.exit(3)", "my-trick")
    note.write_text(NOTE + "# by hand\n")
    done = edit("pass", "my-trick")
    assert done.code == 1
    one_line(done, "an unfinished draft lies in", "is newer")
    assert note.read_text() == NOTE + "# by hand\n"
    assert "# begun" in note.with_name(".my-trick.draft.yaml").read_text()


def test_a_file_that_changes_meanwhile_is_not_replaced(edit, note):
    program = f"path.write_text(path.read_text() + '# mine\\n'); Path({str(note)!r}).write_text('# theirs')"
    done = edit(program, "my-trick")
    assert done.code == 1
    one_line(done, "has changed meanwhile", "your text is in")
    assert note.read_text() == "# theirs"
    assert note.with_name(".my-trick.draft.yaml").read_text() == NOTE + "# mine\n"


def test_another_file_beside_the_copy_is_not_replaced(edit, own):
    (own / "tensor-ops").mkdir(parents=True)
    proofs = own / "tensor-ops" / "one-hot.proofs.py"
    proofs.write_text("mine")
    done = edit(replacing("One-hot", "My"), "one-hot")
    assert done.code == 1
    one_line(done, f"{proofs} is there already")
    assert proofs.read_text() == "mine"
    assert not (own / "tensor-ops" / "one-hot.yaml").exists()


def test_a_folder_that_cannot_be_written_is_one_line(edit, own):
    own.parent.mkdir(parents=True)
    own.write_text("a file")
    done = edit("pass", "one-hot")
    assert done.code == 1
    one_line(done, "cannot write", str(own))


def test_the_entry_of_a_checkout_is_changed_in_place(edit, tmp_path, monkeypatch):
    checkout = tmp_path / "checkout"
    (checkout / "kb").mkdir(parents=True)
    (checkout / "kb" / "library.py").touch()
    (checkout / "entries" / "tensor-ops").mkdir(parents=True)
    (checkout / "entries" / "_template.yaml").touch()
    place = checkout / "entries" / "tensor-ops" / "one-hot.yaml"
    place.write_text((ROOT / "entries" / "tensor-ops" / "one-hot.yaml").read_text())
    monkeypatch.chdir(checkout)
    one = editing(Library.load(checkout / "entries"), "one-hot")
    assert (one.path, one.original) == (place, None)


def test_names_that_mean_no_entry(edit, tmp_path):
    one_line(edit("pass", "onehott"), "no entry 'onehott'; did you mean: one-hot?")
    one_line(edit("pass", "../../x"), "no entry '../../x'")
    assert edit("pass").code == 2


def test_in_chinese(edit, note):
    assert "没有改动" in edit("pass", "my-trick", "-L", "zh").err
    assert "已写入" in edit(replacing("twice", "thrice"), "my-trick", "-L", "zh").err


def test_the_library_says_what_went_wrong(note):
    one = editing(Library.load(), "my-trick")
    draft = one.begin()
    draft.unlink()
    with pytest.raises(BadFile, match="cannot write"):
        one.finish()
    assert note.read_text() == NOTE


def test_a_link_stays_a_link(edit, note, tmp_path):
    target = note.rename(tmp_path / "elsewhere.yaml")
    note.symlink_to(target)
    assert edit(replacing("twice", "thrice"), "my-trick").code == 0
    assert note.is_symlink()
    assert target.read_text() == NOTE.replace("twice", "thrice")
    assert Path(target).exists()
