"""Entries as pytest items."""

import shutil

import pytest

from tests.conftest import LIBRARY


@pytest.fixture
def project(pytester):
    shutil.copytree(LIBRARY, pytester.path / "entries")
    return pytester


def test_each_snippet_is_a_test_named_by_its_file(project):
    result = project.runpytest_subprocess("entries/basics/passes.yaml", "-v", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["entries/basics/passes.yaml::default PASSED*", "entries/basics/passes.yaml::wrong PASSED*"]
    )


def test_k_picks_one_entry(project):
    result = project.runpytest_subprocess("entries", "-k", "passes and default", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)


def test_a_failure_shows_file_line_and_diff(project):
    text = (LIBRARY / "basics" / "fails.yaml").read_text().splitlines()
    line = next(number for number, line in enumerate(text, 1) if "one is not two" in line)
    result = project.runpytest_subprocess(
        "entries", "-k", "fails and (default or output)", "-p", "no:cacheprovider"
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines([f"*fails.yaml:{line}: AssertionError: one is not two", "*-two", "*+three"])
    assert "pool.py" not in result.stdout.str()


def test_skips_say_what_is_missing(project):
    result = project.runpytest_subprocess("entries", "-k", "needs and fails", "-rs", "-p", "no:cacheprovider")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*needs nobody-has-this: pip install nobody-has-this*"])


def test_a_file_that_is_no_entry_is_an_error_with_its_line(project):
    (project.path / "entries" / "basics" / "passes.yaml").write_text("format: 1\ntitle: [\n")
    result = project.runpytest_subprocess("entries/basics/passes.yaml", "-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*passes.yaml:3: E001 not YAML*"])
