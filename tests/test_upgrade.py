"""Entries of format 1: read as before, and brought to format 2."""

import ast
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import Library
from kb.content.lift import lift
from kb.content.upgrade import upgrade
from kb.errors import BadFile

OLD = """\
# a comment that stays
format: 1
title: {en: Doubling, zh: 加倍}
summary: {en: Doubles a number., zh: 把数字加倍。}
asked:
  - two times a number
  - 数字变两倍
explain: {en: Doubles., zh: 加倍。}
snippets:
  - name: default
    title: {en: "Double \\"it\\"", zh: 加倍}
    code: |
      import math
      import operator

      x = [1, 2]
      doubled = [operator.mul(2, v) for v in x]
      print(doubled)

      by_hand = [v + v for v in x]
      # the same by hand
      assert doubled == by_hand  # both
      assert math.isclose(sum(doubled),
                          6.0)
    output: |
      [2, 4]
  - name: wrong
    title: {en: Wrong, zh: 错误}
    code: |
      assert 1 == 2, "no"
    raises: "AssertionError: no"
corrections:
  - said: doubling adds two
    en: It multiplies by two.
    zh: 是乘以二。
"""

PROOFS = '''\
"""Proofs of doubling."""

import math


def test_default(default):
    """Double "it."""
    by_hand = [v + v for v in default.x]
    # the same by hand
    assert default.doubled == by_hand  # both
    assert math.isclose(sum(default.doubled),
                        6.0)
'''


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "basics").mkdir()
    (tmp_path / "basics" / "doubling.yaml").write_text(OLD)
    return tmp_path


def test_an_old_entry_is_read_and_says_how_to_move(folder):
    library = Library.load(folder)
    entry = library.get("doubling")
    assert entry.asked == ("two times a number", "数字变两倍")
    assert [(one.said.en, one.truth.zh) for one in entry.myths] == [("doubling adds two", "是乘以二。")]
    for known in (library, Library.load(folder)):  # parsed, then from the cache
        (notice,) = known.notices
        assert "format 1" in notice
        assert "ptnote check --upgrade" in notice


def test_unknown_fields_of_an_old_entry_are_refused_with_the_nearest(folder):
    path = folder / "basics" / "doubling.yaml"
    path.write_text(OLD.replace("corrections:", "corections:"))
    (problem,) = Library.load(folder).problems
    assert "did you mean 'corrections'" in problem.message


def test_a_new_entry_has_no_fields_of_old_ones(folder):
    path = folder / "basics" / "doubling.yaml"
    path.write_text(OLD.replace("format: 1", "format: 2"))
    assert {problem.code for problem in Library.load(folder).problems} == {"E005"}


def test_upgrading_moves_asserts_phrases_and_corrections(folder):
    path = folder / "basics" / "doubling.yaml"
    before = Library.load(folder).get("doubling")
    written = upgrade(before)
    assert [one.name for one in written] == ["doubling.yaml", "doubling.proofs.py", "doubling.asked.txt"]
    text = path.read_text()
    assert text.startswith("# a comment that stays\nformat: 2\n")
    after = Library.load(folder).get("doubling")
    assert after.snippets[0].code == (
        "import operator\n\nx = [1, 2]\ndoubled = [operator.mul(2, v) for v in x]\nprint(doubled)\n"
    )
    assert after.snippets[1] == before.snippets[1]  # it raises, so nothing could be proved after it
    assert after.proofs_code == PROOFS
    assert (after.asked, after.myths) == (before.asked, before.myths)
    assert Library.load(folder).notices == []
    assert upgrade(after) == []


@pytest.mark.needs_torch
def test_what_was_moved_still_holds(folder):
    upgrade(Library.load(folder).get("doubling"))
    for result in Library.load(folder).test(agreed=True):
        assert not result.failed, result


def test_nothing_is_overwritten(folder):
    other = folder / "basics" / "doubling.asked.txt"
    other.write_text("mine\n")
    with pytest.raises(BadFile, match=r"doubling\.asked\.txt exists already"):
        upgrade(Library.load(folder).get("doubling"))
    assert (folder / "basics" / "doubling.yaml").read_text() == OLD
    assert other.read_text() == "mine\n"


def test_the_command_upgrades_files_of_the_user(ptnote, folder, monkeypatch):
    monkeypatch.setenv("PTNOTE_PATH", str(folder))
    assert "ptnote check --upgrade" in ptnote("show", "doubling").err
    done = ptnote("check", "--upgrade", str(folder))
    assert (done.code, len(done.out.splitlines())) == (0, 3)
    assert "upgraded 1 entries; see that all is well: ptnote test" in done.err
    assert "format 1" not in ptnote("show", "doubling").err
    assert "upgraded 0 entries" in ptnote("check", "--upgrade", str(folder)).err


@pytest.mark.parametrize(
    ("code", "left", "body"),
    [
        ("x = 1\nassert x == 1\n", "x = 1\n", "assert p.x == 1"),
        # names that the assert binds itself stay as they are
        ("x = [1]\nassert [x for x in x] == [1]\n", "x = [1]\n", "assert [x for x in x] == [1]"),
        (
            "v = 3\nfor i in range(3):\n    assert i < v\n",
            "v = 3\n",
            "for i in range(3):\n    assert i < p.v",
        ),
        # an f-string, whose places Python 3.11 gets wrong
        ("x = 1\nassert x, f'{x} 中'\n", "x = 1\n", "assert p.x, f'{p.x} 中'"),
        # what later code changes is not computed later
        (
            "x = [1]\nold = x[:]\nx.append(2)\nassert old == [1]\n",
            "x = [1]\nold = x[:]\nx.append(2)\n",
            "assert p.old == [1]",
        ),
        (
            "import random\nr = random.random()\ny = 1\nassert r < y\n",
            "import random\nr = random.random()\n",
            "y = 1\nassert p.r < y",
        ),
        # what is asserted stays, and what it is compared with goes
        ("x = 4\ny = x // 2\nz = 2\nassert y == z\n", "x = 4\ny = x // 2\n", "z = 2\nassert p.y == z"),
        # nothing to lift
        ("print(1)\n", "print(1)\n", ""),
        ("x = 1; assert x\n", "x = 1; assert x\n", ""),
        ("def f():\n    assert True\n", "def f():\n    assert True\n", ""),
    ],
)
def test_lifting(code, left, body):
    found = lift(code, "p")
    assert (found.code, found.body) == (left, body)


def test_asserts_in_the_midst_stay_where_only_the_last_are_lifted():
    code = "x = [1]\nassert x == [1]\nx.append(2)\nassert x == [1, 2]\n"
    found = lift(code, "p", trailing=True)
    assert (found.code, found.body) == ("x = [1]\nassert x == [1]\nx.append(2)\n", "assert p.x == [1, 2]")


NAMES = st.sampled_from(["a", "b", "c"])
LINES = st.one_of(
    st.builds("{} = {}".format, NAMES, st.integers(0, 9)),
    st.builds("{} = [{}, 1]".format, NAMES, st.integers(0, 9)),
    st.builds("print('{}')".format, NAMES),
    st.builds("assert isinstance({}, object) and {} == {}".format, NAMES, NAMES, NAMES),
    st.just("# 注释"),
    st.just(""),
)


@given(st.lists(LINES, max_size=12))
def test_code_without_its_asserts_and_the_body_together_do_what_the_code_did(lines):
    """A program of assignments that runs without an error is lifted into one that does, and so does the
    proof."""
    code = "\n".join(["a, b, c = 1, 2, 3", *lines]) + "\n"
    names = {}
    try:
        exec(code, names)
    except AssertionError:
        return
    found = lift(code, "p", trailing=True)
    ast.parse(found.code)
    left = {}
    exec(found.code, left)
    if found.body:
        from types import SimpleNamespace

        space = {"p": SimpleNamespace(**{k: v for k, v in left.items() if not k.startswith("__")})}
        exec(found.body, space)


def test_all_old_entries_of_the_tests_can_be_upgraded(tmp_path):
    from tests.conftest import LIBRARY

    shutil.copytree(LIBRARY, tmp_path / "own")
    for entry in Library.load(tmp_path / "own"):
        upgrade(entry)
    library = Library.load(tmp_path / "own")
    assert library.problems == []
    assert {entry.format for entry in library} == {2}
