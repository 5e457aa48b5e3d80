"""Proofs of windows-dll."""

import inspect
import os
import struct
import sys
from pathlib import Path

import torch


def given():
    return {}


def test_answer(answer):
    """import torch loads the DLLs on Windows; elsewhere there is nothing to do."""
    assert answer.torch is torch
    assert ("_load_dll_libraries" in inspect.getsource(torch)) and not hasattr(torch, "_load_dll_libraries")


def test_default(default):
    """find_spec finds a package without importing it, and a pointer of 64-bit Python has 8 bytes."""
    assert Path(default.spec.origin) == Path(torch.__file__)
    assert default.folder == Path(torch.__file__).parent / "lib" and default.folder.is_dir()
    assert (struct.calcsize("P") * 8 == 64) == (sys.maxsize > 2**32)


def test_workers(workers):
    """With num_workers=0 the main process reads all samples itself."""
    assert workers.loader.num_workers == (0 if os.name == "nt" else 2)
    assert len(workers.loader) == 2 and workers.x.tolist() == [3.0, 4.0]


def test_all_dlls_of_the_folder():
    """On Windows, import torch loads every DLL in its lib folder, and names the one that Windows refused."""
    source = inspect.getsource(torch)
    assert 'glob.glob(os.path.join(th_dll_path, "*.dll"))' in source
    assert 'Error loading "{dll}" or one of its dependencies.' in source


def test_the_runtime_is_looked_for():
    """torch looks for vcruntime140.dll, vcruntime140_1.dll, and msvcp140.dll."""
    source = inspect.getsource(torch)
    for name in ("vcruntime140.dll", "vcruntime140_1.dll", "msvcp140.dll"):
        assert f'ctypes.CDLL("{name}")' in source
