"""`ptnote check`."""

import json

import pytest

from tests.cli.helpers import one_line


@pytest.mark.needs_torch
def test_check_reports_file_and_line_and_fails(ptnote, own_library):
    path = own_library / "basics" / "passes.yaml"
    path.write_text(path.read_text().replace("see_also: [fails]", "see_also: [nowhere]"))
    done = ptnote("check", str(own_library))
    assert done.code == 1
    line = path.read_text().splitlines().index("see_also: [nowhere]") + 1
    assert f"passes.yaml:{line}: E104" in done.out
    env = {"PTNOTE_PATH": str(own_library)}
    assert "E104" in ptnote("check", str(path), env=env).out
    assert ptnote("check", str(own_library / "chinese"), env=env).code == 0
    found = json.loads(ptnote("check", str(path), "--json", env=env).out)["problems"]
    assert [problem["line"] for problem in found if problem["code"] == "E104"] == [line]


def test_a_broken_entry_is_told_wherever_one_looks(ptnote, own_library):
    (own_library / "basics" / "passes.yaml").write_text("title: [\n")
    env = {"PTNOTE_PATH": str(own_library)}
    done = ptnote("list", env=env)
    assert done.code == 0
    one_line(done, "1 entry file", "ptnote check")
    done = ptnote("check", env=env)
    assert done.code == 1
    assert "passes.yaml:2: E001 not YAML" in done.out


def test_checking_what_is_not_there_is_an_error(ptnote, tmp_path):
    done = ptnote("check", "nowhere.yaml")
    assert done.code == 1
    one_line(done, "no such file: nowhere.yaml")
    (tmp_path / "stray.yaml").write_text("")
    one_line(ptnote("check", "stray.yaml"), "in no entries folder")


def test_check_counts_what_it_looked_at(ptnote, own_library):
    env = {"PTNOTE_PATH": str(own_library)}
    files = sorted(own_library.glob("*/*.yaml"))
    assert json.loads(ptnote("check", str(own_library), "--json", env=env).out)["entries"] == len(files)
    assert json.loads(ptnote("check", *map(str, files[:2]), "--json", env=env).out)["entries"] == 2
    files[0].write_text("title: [\n")
    assert json.loads(ptnote("check", str(files[0]), "--json", env=env).out)["entries"] == 1


def test_an_empty_folder_is_no_success(ptnote, tmp_path):
    (tmp_path / "none").mkdir()
    done = ptnote("check", str(tmp_path / "none"))
    assert done.code == 1
    one_line(done, "entries checked: 0")


def test_suggestions_about_everything_are_only_counted(ptnote, own_library):
    env = {"PTNOTE_PATH": str(own_library)}
    path = own_library / "gpu" / "needs-cuda.yaml"
    done = ptnote("check", env=env)
    assert "S140" not in done.out
    assert "× S140" in done.err
    assert f"{path}:2: S140 has no answer" in ptnote("check", str(path), env=env).out
    assert f"{path}:2: S140 has no answer" in ptnote("check", "--strict", env=env).out
