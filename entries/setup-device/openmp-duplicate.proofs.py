"""Proofs of openmp-duplicate."""

import os
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import torch


def found():
    return sorted(
        Path(folder, name)
        for folder, folders, files in os.walk(sys.prefix)
        for name in [*folders, *files]
        if fnmatchcase(name, "libiomp5*") or fnmatchcase(name, "libomp*")
    )


def test_answer(answer):
    """rglob finds files whatever the folder they lie in."""
    assert sorted(answer.copies) == found()


def test_linux_wheels_bring_libgomp():
    """A wheel of torch for Linux brings libgomp and neither libiomp5 nor libomp."""
    lib = Path(torch.__file__).parent / "lib"
    names = [path.name for path in lib.iterdir()]
    if sys.platform == "linux" and any(name.startswith("libgomp") for name in names):
        assert not [name for name in names if name.startswith(("libiomp5", "libomp"))]


def test_default(default):
    """torch.backends.openmp.is_available() tells whether PyTorch was built with OpenMP."""
    assert sorted(default.copies) == found()
    assert ("OpenMP" in torch.__config__.parallel_info()) or not torch.backends.openmp.is_available()
    assert torch.backends.openmp.is_available() == torch._C.has_openmp


def test_stopgap(stopgap):
    """The variable stands in os.environ before torch is imported, and child processes inherit it."""
    assert stopgap.os.environ.pop("KMP_DUPLICATE_LIB_OK") == "TRUE"
    code = "import os; print(os.environ.get('KMP_DUPLICATE_LIB_OK'))"
    env = {**os.environ, "KMP_DUPLICATE_LIB_OK": "TRUE"}
    assert subprocess.run([sys.executable, "-c", code], env=env, capture_output=True).stdout.strip() == b"TRUE"
