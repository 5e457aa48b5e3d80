"""Proofs of missing-library."""

import ctypes
import re
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import torch


def given():
    return {}


def test_answer(answer):
    """The libraries of torch lie in the folder lib beside its code."""
    lib = Path(answer.torch.__file__).parent / "lib"
    assert any(lib.glob("*c10*")) and any(lib.glob("*torch_cpu*"))


def test_default(default, raises):
    """The loader's error names the library that it did not find."""
    assert default.name == "libGL.so.1"
    with raises(OSError, "libnosuch.so.1"):
        ctypes.CDLL("libnosuch.so.1")


def test_found_after_the_import():
    """On Linux, libc10.so is found by its name alone only after torch was imported."""
    if sys.platform != "linux":
        return
    code = "import ctypes, sys\nif sys.argv[1:]: import torch\nctypes.CDLL('libc10.so')"
    before = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    after = subprocess.run([sys.executable, "-c", code, "torch"], capture_output=True, text=True)
    assert "libc10.so: cannot open shared object file" in before.stderr and before.returncode == 1
    assert after.returncode == 0, after.stderr


def test_glibc_of_the_wheels():
    """A wheel of torch for Linux has the tag manylinux_2_28: it needs glibc 2.28."""
    tags = re.findall(r"manylinux_(\d+_\d+)_", distribution("torch").read_text("WHEEL") or "")
    assert set(tags) <= {"2_28"}


def test_version_cuda():
    """torch.version.cuda is the CUDA that torch was built for, or None."""
    assert torch.version.cuda is None or float(torch.version.cuda) > 11
