"""Proofs of offline-install."""

import importlib.util
import os
import platform
import re
import subprocess
import sys
import warnings
import zipfile
from importlib import metadata
from pathlib import Path

import torch


def given():
    return {"torch": torch}


def make_wheel(name, requires=()):
    """An empty package in the folder wheels."""
    Path("wheels").mkdir(exist_ok=True)
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(f"wheels/{name}-1.0-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", "")
        lines = [f"Requires-Dist: {r}\n" for r in requires]
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{''.join(lines)}")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


def pip(*arguments):
    """What pip prints, or None where there is no pip."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old versions of Setuptools warn
        if importlib.util.find_spec("pip") is None:
            return None
    command = [sys.executable, "-m", "pip", *arguments, "--disable-pip-version-check"]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
    done = subprocess.run(command, env={**kept, "PIP_CONFIG_FILE": os.devnull}, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_answer(answer):
    """After the installation, the version and the build can be read without a network."""
    assert answer.torch.__version__.split("+")[0] == metadata.version("torch").split("+")[0]


def test_default(default):
    """The facts that must agree are the minor version of Python, the system, the processor, and the C library."""
    version = re.match(r"(\d+)\.(\d+)", platform.python_version()).groups()
    assert default.facts["Python"] == ".".join(version) and default.facts["wheels"] == "cp" + "".join(version)
    assert (default.facts["system"], default.facts["processor"]) == (platform.system(), platform.machine())
    assert default.facts["libc"].split() == [part for part in platform.libc_ver() if part]
    assert default.image == "python:" + ".".join(version)


def test_names(names):
    """The name of a wheel is package, version, Python, ABI, and system."""
    assert names.wheel == ["networkx", "3.6.1", "py3", "none", "any"]


def test_needs(needs):
    """The requirements of torch without extras include those for other systems."""
    assert {"sympy", "networkx", "jinja2", "filelock"} <= {re.match(r"[\w.-]+", r).group() for r in needs.needs}
    assert not any("extra" in r for r in needs.needs)


def test_torch_needs_other_packages():
    """torch requires packages that are not part of it, among them sympy, networkx, and jinja2."""
    needed = {re.match(r"[\w.-]+", r).group().lower() for r in metadata.requires("torch")}
    assert {"sympy", "networkx", "jinja2", "typing-extensions", "filelock"} <= needed


def test_conditions_are_those_of_the_fetching_machine():
    """pip download --platform win_amd64 on another system leaves out what is required only on Windows."""
    other = "Linux" if platform.system() == "Windows" else "Windows"
    make_wheel("needed_there")
    make_wheel("needed_here")
    make_wheel(
        "big", [f'needed_there; platform_system == "{other}"', f'needed_here; platform_system == "{platform.system()}"']
    )
    wanted = "win_amd64" if other == "Windows" else "manylinux_2_28_x86_64"
    said = pip(
        "download", "big", "-d", "got", "--no-index", "--find-links", "wheels", "--platform", wanted, "--only-binary=:all:"
    )
    if said is not None:
        assert sorted(p.name.split("-")[0] for p in Path("got").iterdir()) == ["big", "needed_here"], said


def test_a_missing_dependency_stops_the_installation():
    """With --no-index, pip refuses to install a wheel whose dependency is not in the folder."""
    make_wheel("alone", ["not_brought_over"])
    said = pip("install", "alone", "--no-index", "--find-links", "wheels", "--target", "there")
    assert said is None or "No matching distribution found for not" in said
    assert not Path("there/alone.py").exists()
