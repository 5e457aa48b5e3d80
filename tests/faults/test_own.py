"""kill -9 while a user's own entries are begun, changed, and kept, and while sources are added: whatever was
there is there, whole, as it was or as it was written."""

import os
import random
import shlex
import shutil
import time
from functools import partial
from pathlib import Path

import pytest

from kb import Library, editing, keep_snippet
from kb.errors import BadFile
from kb.own import sources
from tests.faults.harness import TIMES, Child, builtin_instead, entries

SEED = 14
ROUNDS = 20 * TIMES


class Rounds:
    """Calls a function in a child and kills it some time before it would have ended."""

    def __init__(self, folder: Path) -> None:
        self.scratch, self.rng = folder / "scratch", random.Random(SEED)
        self.killed = self.ended = 0
        self.seconds = 0.0

    def kill(self, act) -> None:
        if not self.seconds:
            begun = time.monotonic()
            assert Child(self.scratch, act).end().code == 0
            self.seconds = time.monotonic() - begun
            return
        child = Child(self.scratch, act)
        time.sleep(self.rng.uniform(0, 1.2 * self.seconds))
        child.kill()
        ended = child.end()
        assert ended.code in (0, -9), ended.err
        self.killed += ended.code == -9
        self.ended += ended.code == 0
        # how long it takes depends on what else the machine does; about half of the rounds should kill
        self.seconds *= 1.2 if ended.code else 0.8


@pytest.fixture
def rounds(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "builtin"
    entries(root, random.Random(SEED), 3)
    for template in ("_template.yaml", "_template.proofs.py"):
        shutil.copy(Path(__file__).parents[2] / "entries" / template, root)
    builtin_instead(monkeypatch, root)
    one = Rounds(tmp_path)
    yield one
    print(f"{one.killed} killed, {one.ended} had ended")
    assert one.killed > (one.killed + one.ended) / 10


def own(tmp_path) -> Path:
    return tmp_path / "data" / "ptnote" / "entries"


def nothing_is_left_in(folder: Path) -> None:
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_killed_while_entries_are_begun(rounds, tmp_path):
    library = Library.load()
    folder = own(tmp_path) / "optim"
    whole = {}
    for number in range(ROUNDS):
        id = f"draft-{number}"
        rounds.kill(partial(library.new, id, "optim"))
        path = folder / f"{id}.yaml"
        if not path.exists():
            library.new(id, "optim")
        whole[path] = path.read_text()
        assert whole[path].replace(f"Draft {number}", "Draft 0") == whole[folder / "draft-0.yaml"]
    assert len(whole) == ROUNDS
    assert {path: path.read_text() for path in whole} == whole
    library.new("last", "optim")
    nothing_is_left_in(folder)


def edited(number: int, root: Path):
    """Edit an entry as the command does, with an editor that writes in two steps."""

    def act() -> None:
        one = editing(Library.load(), "entry-1")
        draft = one.begin()
        text = draft.read_text()
        with draft.open("w") as file:
            file.write(text[: len(text) // 2])
            file.flush()
            time.sleep(0.002)
            file.write(text[len(text) // 2 :] + f"# {number}\n")
        one.finish()

    return act


def test_killed_while_an_entry_is_changed(rounds, tmp_path):
    path = own(tmp_path) / "words" / "entry-1.yaml"
    original = (tmp_path / "builtin" / "words" / "entry-1.yaml").read_text()
    known = {original}
    for number in range(ROUNDS):
        before = path.read_text() if path.exists() else original
        rounds.kill(edited(number, tmp_path))
        after = path.read_text() if path.exists() else original
        assert after in (before, f"{before}# {number}\n"), number
        known.add(after)
        draft = path.with_name(".entry-1.draft.yaml")
        if draft.exists():  # an editor that was killed left it, perhaps in the midst of a line
            assert f"{before}# {number}\n".startswith(draft.read_text())
            draft.unlink()
    assert len(known) > 2
    edited(ROUNDS, tmp_path)()
    nothing_is_left_in(path.parent)
    assert path.read_text().startswith(original)


def test_killed_while_a_builtin_entry_is_copied(rounds, tmp_path):
    beside = tmp_path / "builtin" / "words" / "entry-1.proofs.py"
    beside.write_text('def test_it():\n    """It is so."""\n    assert 1 + 1 == 2\n')
    folder = own(tmp_path) / "words"
    for number in range(ROUNDS):
        shutil.rmtree(folder, ignore_errors=True)
        rounds.kill(edited(number, tmp_path))
        if (folder / "entry-1.yaml").exists():  # without its proofs it would not be what was copied
            assert (folder / "entry-1.proofs.py").read_text() == beside.read_text()
            assert (folder / "entry-1.yaml").read_text().endswith(f"# {number}\n")
        assert "entry-1" in Library.load().heads
        for draft in folder.glob(".*.draft.yaml"):
            draft.unlink()


def test_killed_while_changed_code_is_kept(rounds, tmp_path):
    library = Library.load()
    entry, snippet = library.pick(["entry-1"])
    code = "print(1)\n" * 500
    for number in range(ROUNDS):
        rounds.kill(partial(keep_snippet, library, entry, snippet, f"kept-{number}", code=code))
    found = Library.load(own(tmp_path))
    assert found.problems == []
    assert all(one.snippets[0].code == code for one in found)
    keep_snippet(library, entry, snippet, "last", code=code)
    nothing_is_left_in(own(tmp_path) / "words")


def test_killed_while_sources_are_added_and_removed(rounds, tmp_path):
    notes = tmp_path / "notes"
    entries(notes, random.Random(SEED), 2)
    kept = {path: path.read_text() for path in notes.rglob("*.yaml")}

    def change() -> None:
        sources.add_source(str(notes), "mine")
        sources.remove_source("mine")

    for _ in range(ROUNDS):
        rounds.kill(change)
        names = [one.name for one in sources.added_sources()]
        assert names in ([], ["mine"])
        assert len(Library.load()) == 3
        for name in names:
            sources.remove_source(name)
    assert {path: path.read_text() for path in notes.rglob("*.yaml")} == kept
    sources.add_source(str(notes), "mine")
    assert sorted(os.listdir(tmp_path / "data" / "ptnote" / "sources")) == [".copies", ".lock", "mine"]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_killed_while_a_repository_is_updated(rounds, tmp_path):
    repository = tmp_path / "team"
    entries(repository, random.Random(SEED), 1)
    git = "git -c user.name=A -c user.email=a@example.com -C " + shlex.quote(str(repository))
    os.system(f"{git} init -q -b main && {git} add -A && {git} commit -q -m first")
    sources.add_source(f"file://{repository}", "team")
    for number in range(max(8, ROUNDS // 12)):
        text = (repository / "words" / "entry-0.yaml").read_text()
        (repository / "words" / "entry-0.yaml").write_text(f"{text}# {number}\n")
        os.system(f"{git} commit -q -a -m {number}")
        rounds.seconds = 0.15
        rounds.kill(lambda: sources.update_source("team"))
        (one,) = sources.added_sources()
        assert (one.entries, one.problems, one.missing) == (1, (), False)
    for _ in range(20):
        try:
            sources.update_source("team")
            break
        except BadFile:  # git of a child that was killed still holds the copy
            time.sleep(0.2)
    copies = tmp_path / "data" / "ptnote" / "sources" / ".copies"
    assert len([*copies.iterdir()]) == 1
