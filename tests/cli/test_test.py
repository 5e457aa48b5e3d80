"""`ptnote test`."""

import json
import re

import pytest

from tests.cli.helpers import one_line

pytestmark = pytest.mark.needs_torch


def test_testing_summarizes_and_reports(small, tmp_path):
    done = small(
        "test",
        "passes",
        "needs-cuda",
        "zhongwen",
        "--yes",
        "--device",
        "cpu",
        "--junit",
        str(tmp_path / "r.xml"),
    )
    assert done.code == 0
    assert "3 passed" in done.out
    assert "1 skipped" in done.out
    assert "needs cuda" in done.out
    assert "slowest" in done.out
    assert (tmp_path / "r.xml").exists()


def test_a_failed_test_shows_file_line_and_diff(own_library, ptnote):
    path = own_library / "basics" / "fails.yaml"
    endless = r"  - name: forever\n(?:(?!  - name).*\n)+"
    path.write_text(re.sub(endless, "", path.read_text()))
    env = {"PTNOTE_PATH": str(own_library)}
    done = ptnote("test", "fails", "--yes", "--json", env=env)
    results = json.loads(done.out)
    assert done.code == 1
    outcomes = {result["snippet"]: result["outcome"] for result in results["results"]}
    assert outcomes["default"] == "failed"
    assert outcomes["needs"] == "skipped"
    assert outcomes["reads"] == "passed"
    text = ptnote("test", "fails", "--yes", env=env).out
    lines = path.read_text().splitlines()
    line = next(number for number, line in enumerate(lines, 1) if "one is not two" in line)
    assert f"fails.yaml:{line} fails/default: AssertionError: one is not two" in text
    assert "-two\n+three" in text


def test_update_writes_what_was_observed(own_library, ptnote):
    env = {"PTNOTE_PATH": str(own_library)}
    path = own_library / "basics" / "passes.yaml"
    path.write_text(path.read_text().replace("[4.0, 6.5]", "[0.0]"))
    assert ptnote("test", "passes", "--yes", env=env).code == 1
    done = ptnote("test", "passes", "--yes", "--update", env=env)
    assert done.code == 0
    assert "updated" in done.err
    assert "      [4.0, 6.5]\n" in path.read_text()
    assert ptnote("test", "passes", "--yes", env=env).code == 0


def test_foreign_snippets_are_tested_only_when_agreed_to(small):
    done = small("test", "passes")
    assert done.code == 1
    one_line(done, "passes.yaml:", "not part of ptnote", "--yes")


def test_a_file_that_cannot_be_updated_keeps_no_other_from_it(own_library, ptnote):
    env = {"PTNOTE_PATH": str(own_library)}
    path = own_library / "basics" / "passes.yaml"
    path.write_text(path.read_text().replace("[4.0, 6.5]", "[0.0]"))
    bad = path.with_name("bad.yaml")
    bad.write_text(path.read_text().replace("print(total)", r'print("\x1b[2J")'))
    done = ptnote("test", "passes", "bad", "--yes", "--update", env=env)
    assert done.code == 1
    assert f"{bad}: what a snippet printed cannot be kept" in done.err
    assert f"updated {path}" in done.err
    assert "1 failed" in done.out or "1 失败" in done.out
    assert "[4.0, 6.5]" in path.read_text()
    assert "[0.0]" in bad.read_text()
