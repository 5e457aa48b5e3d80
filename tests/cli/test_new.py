"""`ptnote new`."""

import json
import shutil
from pathlib import Path

import pytest

from kb import Library, Severity
from kb.content.scaffold import new_entry
from tests.cli.helpers import one_line
from tests.conftest import ROOT


@pytest.fixture
def checkout(tmp_path):
    """A copy of what makes a checkout of ptnote one, as far as its entries go."""
    shutil.copytree(ROOT / "entries", tmp_path / "checkout" / "entries")
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "checkout")
    (tmp_path / "checkout" / "kb").mkdir()
    (tmp_path / "checkout" / "kb" / "library.py").touch()
    return tmp_path / "checkout"


def codes(done):
    """The codes that a check printed, but for the one that says that torch is missing."""
    return {line.split(": ")[1].split()[0] for line in done.out.splitlines()} - {"S120"}


def added_lines(before, after):
    """The lines that a text gained; fails if it lost one."""
    old, added = before.splitlines(), []
    for line in after.splitlines():
        if old and line == old[0]:
            old.pop(0)
        else:
            added.append(line)
    assert not old
    return added


def test_a_new_entry_of_the_user_can_be_shown_and_checked_at_once(ptnote, clean_environment):
    done = ptnote("new", "my-own-loss", "-c", "losses")
    assert done.code == 0
    path, proofs = done.out.splitlines()
    assert path == f"{clean_environment}/xdg_data_home/ptnote/entries/losses/my-own-loss.yaml"
    assert proofs == path.replace(".yaml", ".proofs.py")
    one_line(done, f"ptnote check {path}", "ptnote test my-own-loss")
    assert ptnote("my-own-loss", "-L", "en").out.startswith("my-own-loss  My own loss\n")
    checked = ptnote("check", path)
    assert checked.code == 0
    assert codes(checked) == {"S201"}  # every name in the draft of the proofs resolves


@pytest.mark.needs_torch
def test_the_snippet_of_a_new_entry_runs(ptnote):
    ptnote("new", "my-own-loss", "-c", "losses")
    assert ptnote("test", "my-own-loss", "--yes").code == 0


def test_a_new_entry_of_a_project_goes_into_its_folder(ptnote, tmp_path):
    done = ptnote("new", "a-thing", "-c", "data", "--project")
    assert done.out == "".join(f"{tmp_path}/.ptnote/data/a-thing{end}\n" for end in (".yaml", ".proofs.py"))
    (tmp_path / "deeper").mkdir()
    files = json.loads(
        ptnote("new", "b-thing", "-c", "data", "--project", "--json", cwd=tmp_path / "deeper").out
    )["files"]
    assert files == [f"{tmp_path}/.ptnote/data/b-thing{end}" for end in (".yaml", ".proofs.py")]


NAMES = ("my-loss.yaml", "my-loss.proofs.py", "my-loss.messages.yaml", "my-loss.asked.txt")


def test_a_new_entry_of_a_checkout_is_named_by_its_overview(ptnote, checkout):
    overview = checkout / "entries" / "losses" / "losses.yaml"
    before = overview.read_text()
    done = ptnote("new", "my-loss", "-c", "losses", cwd=checkout / "kb")
    created = [checkout / "entries" / "losses" / name for name in NAMES]
    assert done.out.splitlines() == [str(path) for path in (*created, overview)]
    added = added_lines(before, overview.read_text())
    assert len(added) == 2
    assert all(line.startswith("    - ") and "`my-loss`" in line for line in added)
    assert "see_also: [losses]" in created[0].read_text()


def test_an_entry_to_read_next_gets_a_link_back(ptnote, checkout):
    other = checkout / "entries" / "losses" / "mse-loss.yaml"
    before = other.read_text()
    assert ptnote("new", "my-loss", "-c", "losses", "--near", "mse", cwd=checkout).code == 0
    assert "see_also: [mse-loss]" in (other.parent / "my-loss.yaml").read_text()
    changed = [line for line in other.read_text().splitlines() if line not in before.splitlines()]
    assert len(changed) == 1
    assert changed[0].startswith("see_also: [")
    assert changed[0].endswith(", my-loss]")


@pytest.mark.slow
def test_every_overview_takes_a_new_name_and_the_check_passes(checkout):
    entries = checkout / "entries"
    library = Library.load(entries)
    for overview in library.select(["overview"]):
        category, draft = overview.category, f"zz-{overview.id}"
        assert new_entry(library.shelf, entries, draft, category, [category])[-1] == Path(overview.path)
        assert Path(overview.path).read_text().count(f"`{draft}`") == 2
        near = next(head.id for head in library.select(category=category) if head.id != overview.id)
        new_entry(library.shelf, entries, f"linked-{overview.id}", category, [category], near)
    problems = [problem for problem in Library.load(entries).check() if problem.severity is Severity.fails]
    assert {problem.code for problem in problems} == {"E132"}  # only their author knows what leads to them
    assert all(Path(problem.path).name.startswith("zz-") for problem in problems)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["one-hot", "-c", "losses"], 1, ["'one-hot' already names an entry", "one-hot.yaml"]),
        (["onehot", "-c", "losses"], 1, ["'onehot' already names an entry", "one-hot.yaml"]),
        (["One_Thing", "-c", "losses"], 2, ["'One_Thing' is no id", "lower-case"]),
        (["../up", "-c", "losses"], 2, ["'../up' is no id"]),
        (["a" * 33, "-c", "losses"], 2, ["at most 32 characters"]),
        (["my-loss", "-c", "loses"], 2, ["no category 'loses'", "did you mean: losses?"]),
        (["my-loss", "-c", "zzz"], 2, ["no category 'zzz'", "ptnote categories"]),
        (["my-loss"], 2, ["--category", "ptnote new --help"]),
        (["my-loss", "-c", "losses", "--near", "nosuch"], 1, ["no entry 'nosuch'"]),
    ],
)
def test_what_cannot_be_made_is_refused(ptnote, clean_environment, arguments, code, words):
    done = ptnote("new", *arguments)
    assert (done.code, done.out) == (code, "")
    one_line(done, *words)
    assert not list(clean_environment.rglob("*.yaml"))


def test_nothing_is_overwritten(ptnote, checkout):
    path = checkout / "entries" / "losses" / "my-loss.yaml"
    beside = [path.with_suffix(end) for end in (".messages.yaml", ".proofs.py", ".asked.txt")]
    for existing in (path, path.parent.parent / "data" / path.name, *beside):
        existing.write_text("mine\n")
        overview = (checkout / "entries" / "losses" / "losses.yaml").read_text()
        done = ptnote("new", "my-loss", "-c", "losses", cwd=checkout)
        assert done.code == 1
        one_line(done, f"{existing} exists already")
        assert existing.read_text() == "mine\n"
        assert (checkout / "entries" / "losses" / "losses.yaml").read_text() == overview
        existing.unlink()


def test_a_folder_that_cannot_be_written_is_named(ptnote, tmp_path):
    (tmp_path / ".ptnote").mkdir()
    (tmp_path / ".ptnote" / "losses").write_text("a file")
    done = ptnote("new", "my-loss", "-c", "losses", "--project")
    assert done.code == 1
    one_line(done, "losses", "cannot write")
