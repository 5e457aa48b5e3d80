"""What is counted, and how the count is said."""

import json

import pytest

from tests.cli.helpers import one_line

BROKEN = """\
format: 2
title: {en: Broken}
sumary: {en: No such key.}
explain: 3
snippets: []
colour: red
"""


@pytest.fixture
def broken(tmp_path):
    """A folder with one file that has several faults."""
    path = tmp_path / "notes" / "basics" / "broken.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(BROKEN)
    return path


def test_a_file_with_many_faults_is_one_file(ptnote, broken):
    env = {"PTNOTE_PATH": str(broken.parents[1])}
    found = json.loads(ptnote("check", str(broken), "--json", env=env).out)["problems"]
    assert len(found) >= 5
    one_line(ptnote("list", env=env), "1 entry file could not be read")
    one_line(ptnote("list", "-L", "zh", env=env), "有 1 个条目文件读不了")
    assert "files with errors: 1," in ptnote("check", str(broken), env=env).err
    broken.with_name("worse.yaml").write_text(BROKEN)
    one_line(ptnote("list", env=env), "2 entry files could not be read")


@pytest.mark.needs_torch
def test_the_doctor_counts_files(ptnote, broken):
    env = {"PTNOTE_PATH": str(broken.parents[1])}
    assert ", 1 file could not be read" in ptnote("doctor", env=env).out


def test_chinese_counts_have_measure_words(ptnote):
    assert " 个条目，" in ptnote("-L", "zh").out
    assert " 段代码，" in ptnote("-L", "zh").out
    assert " 个类别\n" in ptnote("-L", "zh").out


@pytest.mark.needs_torch
def test_tests_are_counted_in_the_chosen_language(small):
    english = small("test", "passes", "--yes").out
    assert "passed, 0 failed, " in english
    chinese = small("test", "passes", "--yes", "-L", "zh").out
    assert " 段通过，0 段失败，" in chinese


def test_checks_are_counted_in_the_chosen_language(ptnote, own_library):
    done = ptnote("check", str(own_library / "chinese"), "-L", "zh", env={"PTNOTE_PATH": str(own_library)})
    assert "检查了 1 个条目" in done.err
