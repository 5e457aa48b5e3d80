"""Trust, updating, reports, machines: a few tests each."""

import subprocess
import sys
from xml.etree import ElementTree

import msgspec
import pytest

from kb import Library, doctor, paths
from kb.content.rewrite import write_outputs
from kb.errors import BadFile, Untrusted
from kb.run import machine as device
from kb.run import trust
from kb.run.junit import write_junit
from kb.run.result import Outcome, Result
from tests.conftest import ROOT


def test_foreign_code_is_trusted_only_after_a_yes_to_that_very_code(library):
    entry = library.get("passes")
    default, wrong = entry.snippets
    with pytest.raises(Untrusted, match=r"passes.yaml:\d+: .* ptnote run passes --yes"):
        trust.require(entry, default)
    trust.agree(default)
    trust.agree(default)
    trust.require(entry, default)
    assert len(paths.trust_file().read_text().split()) == 1
    with pytest.raises(Untrusted):
        trust.require(entry, wrong)
    with pytest.raises(Untrusted):
        trust.require(entry, msgspec.structs.replace(default, code=default.code + "#"))


def test_builtin_code_needs_no_yes():
    entry = Library.load().get("one-hot")
    trust.require(entry, entry.snippets[0])


def test_a_yes_that_cannot_be_kept_is_an_error(library, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(BadFile, match="cannot remember"):
        trust.agree(library.get("passes").snippets[0])


def test_updating_changes_the_output_and_nothing_else(own_library):
    path = own_library / "basics" / "passes.yaml"
    before = path.read_text().replace("tags: [addition, basics]", "tags: [addition, basics]  # a comment")
    path.write_text(before)
    assert write_outputs(path, {"default": "[1.0]\nnew\n"})
    after = path.read_text()
    assert after == before.replace("      [4.0, 6.5]\n", "      [1.0]\n      new\n")
    assert not write_outputs(path, {"default": "[1.0]\nnew\n"})
    assert Library.load(own_library).get("passes").snippets[0].output == "[1.0]\nnew\n"


def test_updating_adds_an_output_after_the_code(own_library):
    path = own_library / "basics" / "fails.yaml"
    assert write_outputs(path, {"default": "hello\n"})
    assert 'two"\n    output: |\n      hello\n' in path.read_text()


def test_updating_does_not_take_a_markdown_list_for_the_layout(own_library):
    path = own_library / "basics" / "passes.yaml"
    text = path.read_text().replace("explain:\n  en: |\n", "explain:\n  en: |\n    - One.\n    - Two.\n\n")
    path.write_text(text)
    assert write_outputs(path, {"default": "new\n"})
    assert path.read_text() == text.replace("      [4.0, 6.5]\n", "      new\n")


@pytest.mark.parametrize("path", sorted((ROOT / "entries").glob("*/*.yaml"))[::4], ids=lambda path: path.stem)
def test_updating_keeps_the_layout_of_builtin_entries(path, tmp_path):
    copy = tmp_path / path.name
    copy.write_text(path.read_text())
    write_outputs(copy, {"default": "something new\n"})
    before, after = path.read_text().splitlines(), copy.read_text().splitlines()
    changed = [line for line in after if line not in before]
    assert changed in (["      something new"], ["    output: |", "      something new"])


def test_a_junit_report_counts_and_explains(tmp_path):
    results = [
        Result(entry="a", snippet="x", outcome=Outcome.passed, seconds=1.5),
        Result(entry="a", snippet="y", outcome=Outcome.failed, reason="bad", stdout="\x00out"),
        Result(entry="b", snippet="x", outcome=Outcome.skipped, reason="needs cuda"),
    ]
    write_junit(results, tmp_path / "report.xml")
    suite = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert {name: suite.get(name) for name in ("tests", "failures", "skipped")} == {
        "tests": "3", "failures": "1", "skipped": "1",
    }  # fmt: skip
    assert suite.find(".//failure").text == "out"
    assert suite.find(".//skipped").get("message") == "needs cuda"
    with pytest.raises(BadFile, match="--junit"):
        write_junit(results, tmp_path / "no" / "report.xml")


def test_a_machine_is_described_by_a_child():
    machine = device.probe()
    assert machine.torch.startswith("2.")
    assert machine.has("cpu")
    assert "torch" not in sys.modules


def test_names_are_resolved_by_a_child():
    names = ("torch.Tensor.view", "torch.nn.modules.utils", "torch.nope", "nope.nope")
    assert device.unresolved(names) == {"torch.nope", "nope.nope"}


def test_packages_are_looked_up_by_their_import_names():
    assert device.missing_packages(("pytest", "pillow-no", "no-such-thing")) == ("pillow-no", "no-such-thing")
    assert device.IMPORT_NAMES["opencv-python-headless"] == "cv2"


def test_packages_of_another_interpreter_are_asked_of_it(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    python = str(tmp_path / "bare" / "bin" / "python")
    assert device.missing_packages(("pytest",), python) == ("pytest",)
    assert device.torch_version(python) == ""
    assert device.unresolved(("torch.view",), python) is None
    assert "No module named 'torch'" in device.probe(python).problem


def test_the_doctor_reports_everything(library):
    report = doctor.examine(library)
    assert report.index_state == "missing"
    assert report.versions["click"]
    assert [(p.name, p.version, p.entries) for p in report.packages] == [("nobody-has-this", "", ("fails",))]
    assert report.layers[0].entries == 4
