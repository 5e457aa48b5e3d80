"""Results as a JUnit file."""

from xml.etree import ElementTree

import pytest

from kb.errors import BadFile
from kb.run.junit import write_junit
from kb.run.result import Outcome, Result


def written(tmp_path, *results):
    write_junit(results, tmp_path / "report.xml")
    return ElementTree.parse(tmp_path / "report.xml").getroot()


def test_a_report_counts_and_explains(tmp_path):
    suite = written(
        tmp_path,
        Result(entry="a", snippet="x", outcome=Outcome.passed, seconds=1.5),
        Result(entry="a", snippet="y", outcome=Outcome.failed, reason="bad", diff="-1\n+2", stdout="out"),
        Result(entry="a", snippet="z", outcome=Outcome.timeout, reason="slow"),
        Result(entry="b", snippet="x", outcome=Outcome.skipped, reason="needs cuda"),
    )
    counts = {name: suite.get(name) for name in ("tests", "failures", "skipped", "time")}
    assert counts == {"tests": "4", "failures": "2", "skipped": "1", "time": "1.500"}
    assert [case.get("classname") + "/" + case.get("name") for case in suite] == ["a/x", "a/y", "a/z", "b/x"]
    assert [failure.get("message") for failure in suite.iter("failure")] == ["bad", "slow"]
    assert suite.find(".//failure").text == "-1\n+2\nout"
    assert suite.find(".//skipped").get("message") == "needs cuda"


def test_characters_that_xml_forbids_are_left_out(tmp_path):
    broken = "\x00a\x1b[31mb\ud800c\ufffed\te\n好"
    suite = written(
        tmp_path, Result(entry="a", snippet="x", outcome=Outcome.failed, reason=broken, stdout=broken)
    )
    assert suite.find(".//failure").text == "a[31mbcd\te\n好"
    assert suite.find(".//failure").get("message").replace("\n", " ") == "a[31mbcd\te 好"


def test_a_file_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(BadFile, match="--junit"):
        write_junit([], tmp_path / "no" / "report.xml")
