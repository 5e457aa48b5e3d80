"""What an interpreter offers: torch, devices, packages, names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kb.check.engine import unresolved_apis
from kb.content.problem import Severity
from kb.errors import BadSetting
from kb.run import installed, machine


@pytest.fixture(autouse=True)
def ask_anew():
    """What is remembered of an interpreter does not outlive a test."""
    yield
    machine.versions.cache_clear()
    machine.probe.cache_clear()


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> str:
    """An interpreter with no packages at all."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return str(folder / "bin" / "python")


def site_packages(python: str) -> Path:
    program = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(
        subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    )


@pytest.fixture
def prepared(tmp_path):
    """An interpreter that has what a test puts there: `prepared(records, modules)` returns its path."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    python = str(tmp_path / "env" / "bin" / "python")
    site = site_packages(python)

    def prepare(records: dict[str, str] | None = None, modules: dict[str, str] | None = None) -> str:
        for name, version in (records or {}).items():
            folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
            folder.mkdir()
            (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        for path, text in (modules or {}).items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_text(text)
        return python

    return prepare


@pytest.mark.needs_torch
def test_a_machine_is_described_by_a_child():
    """In a process of its own, because another test may have imported torch into this one."""
    program = (
        "import sys\nfrom kb.run import machine\nfound = machine.probe()\n"
        "print(found.torch, found.has('cpu'), 'torch' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    version, cpu, imported = told.stdout.split()
    assert version.startswith("2.")
    assert (cpu, imported) == ("True", "False")


def test_a_package_counts_as_installed_by_its_record_whatever_its_module_is_called():
    assert machine.missing_packages(("pyyaml", "PyYAML", "Whoosh_Reloaded", "pytest")) == ()


@pytest.mark.parametrize("name", ["no-such-thing", "no.such.thing", "ruamel.nothing", "two words", ""])
def test_what_is_not_installed_is_missing_whatever_its_name_looks_like(name):
    assert machine.missing_packages((name, "pytest")) == (name,)


def test_a_package_with_a_dot_in_its_name_is_found(prepared):
    python = prepared({"some.thing": "1.0"})
    assert machine.missing_packages(("some.thing", "some-thing", "some-thing.else"), python) == (
        "some-thing.else",
    )


def test_versions_are_compared_as_pip_compares_them(prepared):
    python = prepared({"thing": "1.10.0"})
    assert machine.missing_packages(("thing>=1.9", "thing<2,>1.2", "thing==1.10"), python) == ()
    assert machine.missing_packages(("thing>=1.11", "thing<1.9"), python) == ("thing>=1.11", "thing<1.9")
    assert machine.package_version("thing>=1.9", python) == "1.10.0"
    assert machine.package_version("thing>=1.11", python) == ""


def test_a_version_that_cannot_be_compared_is_new_enough(prepared):
    python = prepared({"thing": "final"})
    assert machine.missing_packages(("thing>=1.9",), python) == ()


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ("opencv-python-headless", "opencv-python"),
        ("opencv_python", "opencv-contrib-python-headless"),
        ("onnxruntime", "onnxruntime-gpu"),
    ],
)
def test_another_build_of_the_same_package_is_as_good(prepared, wanted, there):
    python = prepared({there: "5.0"})
    assert machine.missing_packages((wanted, f"{wanted}>=6"), python) == (f"{wanted}>=6",)


def test_a_module_without_a_record_counts_but_has_no_version(prepared):
    python = prepared(modules={"some_thing.py": "", "cv2/__init__.py": ""})
    packages = ("some-thing", "some-thing>=9", "opencv-python-headless", "other")
    assert machine.missing_packages(packages, python) == ("other",)
    assert machine.package_version("some-thing", python) == installed.UNKNOWN


def test_a_folder_without_code_is_no_package(prepared):
    python = prepared(modules={"torch/leftover.txt": ""})
    assert not machine.has_torch(python)


def test_a_file_of_the_current_folder_is_no_package(bare, tmp_path, monkeypatch):
    (tmp_path / "thing.py").write_text("")
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')")
    monkeypatch.chdir(tmp_path)
    assert machine.missing_packages(("thing",), bare) == ("thing",)
    assert machine.probe(bare).torch == ""


def test_torch_without_a_record_is_asked_for_its_version(prepared):
    version = "__version__ = '2.7.0'\n"
    fake = (
        f"{version}class version: cuda = None\nclass cuda:\n    is_available = staticmethod(lambda: False)\n"
    )
    python = prepared(modules={"torch/__init__.py": f"{fake}class backends: pass\n"})
    assert machine.has_torch(python)
    assert machine.torch_version(python) == "2.7.0"


@pytest.mark.parametrize(
    ("version", "wanted", "older"),
    [
        ("2.9.1", "2.10", True),
        ("2.10.0", "2.9", False),
        ("2.6.0+cpu", "2.6", False),
        ("2.6.0a0+git1234567", "2.6", False),
        ("2.5.1+cu124", "2.6", True),
        ("custom", "2.6", False),
    ],
)
def test_versions_of_torch_are_compared_by_release(version, wanted, older):
    assert machine.older(version, wanted) is older


def test_another_interpreter_is_asked(bare):
    assert machine.missing_packages(("pytest",), bare) == ("pytest",)
    assert machine.torch_version(bare) == ""
    assert machine.unresolved(("torch.view",), bare) is None
    assert "No module named 'torch'" in machine.probe(bare).problem


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("#!/bin/sh\necho 'too old' >&2\nexit 1\n", "too old; give --python a Python, 3.8 or newer"),
        ("#!/bin/sh\n", "printed nothing; give --python a Python"),
        (None, "cannot start"),
    ],
)
def test_a_program_that_is_no_interpreter_is_one_clear_line(tmp_path, script, message):
    program = tmp_path / "python"
    if script:
        program.write_text(script)
        program.chmod(0o755)
    with pytest.raises(BadSetting, match=message) as raised:
        machine.probe(str(program))
    assert "\n" not in str(raised.value)


def test_an_interpreter_that_does_not_answer_is_an_error(tmp_path, monkeypatch):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setattr(machine, "PROBE_TIMEOUT", 0.1)
    with pytest.raises(BadSetting, match="did not answer"):
        machine.probe(str(program))


@pytest.mark.needs_torch
def test_names_are_resolved_by_a_child():
    names = ("torch.Tensor.view", "torch.nn.modules.utils", "torch.nope", "torch.Tensor.nope", "nope.nope")
    assert machine.unresolved(names) == {"torch.nope": "", "torch.Tensor.nope": "", "nope.nope": ""}
    assert machine.unresolved(()) == {}


FAKE_TORCH = {
    "torch/__init__.py": "__version__ = '2.7.0'",
    "torch/utils/__init__.py": "",
    "torch/utils/tensorboard/__init__.py": "import tensorboard.compat\nclass SummaryWriter: pass",
    "torch/onnx.py": "raise RuntimeError('onnx is broken')",
}


def test_a_missing_package_is_not_a_wrong_name(prepared):
    python = prepared({"torch": "2.7.0"}, FAKE_TORCH)
    names = (
        "torch.utils.tensorboard.SummaryWriter",
        "torch.utils.tensorbord",
        "torch.onnx.export",
        "torch.utils",
    )
    assert machine.unresolved(names, python) == {
        "torch.utils.tensorboard.SummaryWriter": "tensorboard",
        "torch.utils.tensorbord": "",
        "torch.onnx.export": "RuntimeError: onnx is broken",
    }


def test_a_check_suggests_where_a_package_is_missing_and_fails_where_a_name_is_wrong(monkeypatch, library):
    entry = library.get("passes")
    monkeypatch.setattr(machine, "unresolved", lambda names: {"torch.add": "tensorboard"})
    (found,) = unresolved_apis([entry])
    assert (found.code, found.severity) == ("S121", Severity.suggests)
    assert "torch.add was not checked, because it needs tensorboard" in found.message
    assert Path(entry.path).read_text().splitlines()[found.line - 1].startswith("api:")
    monkeypatch.setattr(machine, "unresolved", lambda names: {"torch.add": ""})
    (found,) = unresolved_apis([entry])
    assert (found.code, found.severity) == ("E120", Severity.fails)
    monkeypatch.setattr(machine, "unresolved", lambda names: {})
    assert not list(unresolved_apis([entry]))


def test_the_program_that_looks_packages_up_runs_alone(bare, tmp_path):
    """It must not see the modules beside it, one of which is called torch."""
    done = subprocess.run(
        [bare, installed.__file__, "torch", "pool"], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": ""}, cwd=tmp_path,
    )  # fmt: skip
    assert done.stdout == '{"torch": "", "pool": ""}'
