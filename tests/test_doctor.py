"""What the doctor reports."""

import json
import platform
import subprocess
import sys

import pytest

from kb import Library, examine
from kb.errors import BadSetting
from tests.conftest import LIBRARY


def test_the_doctor_reports_everything(library, empty_cache):
    report = examine(Library.load(LIBRARY))
    assert report.versions["click"]
    assert all(report.versions.values()), report.versions
    assert [(p.name, p.version, p.entries) for p in report.packages] == [("nobody-has-this", "", ("fails",))]
    (layer,) = report.layers
    assert (layer.layer, layer.path, layer.entries, layer.problems) == ("extra", str(LIBRARY), 5, 0)
    assert (layer.index_state, layer.index_path.startswith(str(empty_cache))) == ("missing", True)
    assert report.python == report.own_python == f"{platform.python_version()} ({sys.executable})"


@pytest.fixture
def other(tmp_path):
    """Another interpreter, which has none of our packages but a release of pyyaml that nobody made."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    site = next((tmp_path / "env" / "lib").glob("python*/site-packages"))
    (site / "PyYAML-99.dist-info").mkdir()
    (site / "PyYAML-99.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: PyYAML\nVersion: 99\n"
    )
    (site / "sitecustomize.py").write_text("import platform\nplatform.python_version = lambda: '3.99.0'\n")
    return str(tmp_path / "env" / "bin" / "python")


@pytest.fixture
def needs_yaml(own_library):
    path = own_library / "basics" / "fails.yaml"
    path.write_text(path.read_text().replace("packages: [nobody-has-this]", "packages: [pyyaml]"))
    return Library.load(own_library)


def test_another_interpreter_is_described_and_not_our_own(needs_yaml, other):
    report = examine(needs_yaml, other)
    assert report.python == f"3.99.0 ({other})"
    assert report.machine.torch == ""
    assert [(p.name, p.version) for p in report.packages] == [("pyyaml", "99")]
    ours = examine(needs_yaml)
    assert report.own_python == ours.own_python == f"{platform.python_version()} ({sys.executable})"
    assert report.versions == ours.versions
    assert ours.packages[0].version == ours.versions["pyyaml"] != "99"


def test_the_command_tells_the_two_apart(ptnote, other):
    done = ptnote("doctor", "--python", other)
    assert done.code == 1  # it has no torch
    rows = done.out.splitlines()
    assert f"python        3.99.0 ({other})" in rows
    assert any(row.startswith("ptnote") and platform.python_version() in row for row in rows)
    report = json.loads(ptnote("doctor", "--python", other, "--json").out)
    assert {package["version"] for package in report["packages"]} == {""}


def test_an_interpreter_that_does_not_start_is_an_error(library, ptnote):
    with pytest.raises(BadSetting, match="/no/python"):
        examine(library, "/no/python")
    done = ptnote("doctor", "--python", "/no/python")
    assert (done.code, len(done.err.splitlines())) == (2, 1)
