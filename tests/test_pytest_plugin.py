"""Entries as pytest items."""

import os
import shutil

import pytest

from tests.conftest import LIBRARY

pytestmark = [pytest.mark.needs_torch, pytest.mark.slow]

NO_CACHE = ("-p", "no:cacheprovider")

ENTRY = """
format: 1
title: {{en: "Entry {id}", zh: "条目 {id}"}}
summary: {{en: "Writes its name down.", zh: "记下自己的名字。"}}
explain: {{en: "Writes.", zh: "写。"}}
snippets:
  - name: default
    code: |
      import os

      with open(os.environ["RAN"], "a") as file:
          file.write("{id}\\n")
      assert {right}
"""

MEETING = """
import os
import time

open(os.environ["RAN"] + "{own}", "w").close()
while not os.path.exists(os.environ["RAN"] + "{other}"):
    time.sleep(0.01)
"""


@pytest.fixture
def project(pytester):
    """A project whose entries are the small library of the tests."""
    shutil.copytree(LIBRARY, pytester.path / "entries")
    pytester.makeini("[pytest]\nptnote_entries = entries\n")
    return pytester


@pytest.fixture
def recorder(pytester, monkeypatch):
    """A project with entries a to d, which write their names to a file when they run; b fails."""
    pytester.makeini("[pytest]\nptnote_entries = entries\n")
    for id in "abcd":
        write_entry(pytester, id, ENTRY.format(id=id, right=id != "b"))
    monkeypatch.setenv("RAN", str(pytester.path / "ran"))
    return pytester


def write_entry(pytester, id, text):
    path = pytester.path / "entries" / "basics" / f"{id}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def take_names(pytester):
    """The entries that ran since this was last asked, in their order."""
    path = pytester.path / "ran"
    names = path.read_text().split() if path.exists() else []
    path.unlink(missing_ok=True)
    return names


def test_each_snippet_is_a_test_named_by_its_file(project):
    result = project.runpytest_subprocess("entries/basics/passes.yaml", "-v", *NO_CACHE)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["entries/basics/passes.yaml::default PASSED*", "entries/basics/passes.yaml::wrong PASSED*"]
    )


def test_k_picks_one_entry(project):
    result = project.runpytest_subprocess("entries", "-k", "passes and default", *NO_CACHE)
    result.assert_outcomes(passed=1)


def test_a_failure_shows_file_line_and_diff(project):
    text = (LIBRARY / "basics" / "fails.yaml").read_text().splitlines()
    line = next(number for number, line in enumerate(text, 1) if "one is not two" in line)
    result = project.runpytest_subprocess("entries", "-k", "fails and (default or output)", *NO_CACHE)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines([f"*fails.yaml:{line}: AssertionError: one is not two", "*-two", "*+three"])
    assert "pool.py" not in result.stdout.str()


def test_skips_say_what_is_missing(project):
    result = project.runpytest_subprocess("entries", "-k", "needs and fails", "-rs", *NO_CACHE)
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*needs nobody-has-this: pip install nobody-has-this*"])


def test_a_file_that_is_no_entry_is_an_error_with_its_line(project):
    (project.path / "entries" / "basics" / "passes.yaml").write_text("format: 1\ntitle: [\n")
    result = project.runpytest_subprocess("entries/basics/passes.yaml", *NO_CACHE)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*passes.yaml:3: E001 not YAML*"])


def test_what_is_no_entry_is_not_collected(recorder):
    (recorder.path / "entries" / "basics" / "a.messages.yaml").write_text("[]\n")
    (recorder.path / "entries" / "basics" / "_draft.yaml").write_text("draft\n")
    (recorder.path / "entries" / "categories.yaml").write_text("basics: {en: Basics, zh: 基础}\n")
    recorder.runpytest_subprocess("--collect-only", *NO_CACHE).assert_outcomes()
    assert recorder.runpytest_subprocess("--collect-only", "-q", *NO_CACHE).ret == 0


def test_a_project_that_does_not_ask_for_it_is_left_alone(pytester):
    write_entry(pytester, "config", "services: [web]\n")
    pytester.makepyfile(
        """
        import sys

        def test_nothing_is_imported():
            assert {name for name in sys.modules if name.startswith("kb.")} == {"kb.pytest_plugin"}
            assert "msgspec" not in sys.modules
        """
    )
    pytester.runpytest_subprocess(*NO_CACHE).assert_outcomes(passed=1)


def test_a_folder_that_does_not_exist_is_a_usage_error(pytester):
    pytester.makeini("[pytest]\nptnote_entries = entreis\n")
    result = pytester.runpytest_subprocess(*NO_CACHE)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*ptnote_entries: *entreis is no folder; correct it in *tox.ini"])


def test_a_failure_stops_what_follows_if_asked_to(recorder):
    recorder.runpytest_subprocess("-x", *NO_CACHE).assert_outcomes(passed=1, failed=1)
    assert take_names(recorder) == ["a", "b"]


def test_last_failed_runs_only_what_failed(recorder):
    recorder.runpytest_subprocess().assert_outcomes(passed=3, failed=1)
    assert sorted(take_names(recorder)) == ["a", "b", "c", "d"]
    recorder.runpytest_subprocess("--lf").assert_outcomes(failed=1)
    assert take_names(recorder) == ["b"]


def test_two_workers_run_each_snippet_once(recorder):
    pytest.importorskip("xdist")
    result = recorder.runpytest_subprocess("-n", "2", *NO_CACHE)
    result.assert_outcomes(passed=3, failed=1)
    assert sorted(take_names(recorder)) == ["a", "b", "c", "d"]


@pytest.mark.skipif(os.cpu_count() == 1, reason="runs one snippet at a time")
def test_without_workers_snippets_run_side_by_side(recorder):
    for own, other in ("ab", "ba"):
        code = MEETING.format(own=own, other=other).strip().replace("\n", "\n      ")
        text = ENTRY.format(id=own, right=True)
        write_entry(recorder, own, f"{text.partition('code: |')[0]}code: |\n      {code}\n")
    recorder.runpytest_subprocess("-k", "a.yaml or b.yaml", *NO_CACHE).assert_outcomes(passed=2)
