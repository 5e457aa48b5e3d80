"""Proofs of version-mismatch."""

import re
import sys
from importlib import metadata

import numpy as np
import torch


def given():
    return {"torch": torch, "np": np}


def test_answer(answer):
    """torch 2.3 and later work with NumPy 2."""
    major, minor = (int(part) for part in answer.torch.__version__.split(".")[:2])
    assert (major, minor) >= (2, 3)
    assert torch.from_numpy(np.ones(3)).numpy().sum() == 3


def test_default(default):
    """torchvision's metadata pins the torch that it was built for, and 0.N goes with torch 2.(N - 15)."""
    assert f"2.{default.minor}." in torch.__version__
    published = {15: 0, 16: 1, 17: 2, 18: 3, 19: 4, 20: 5, 21: 6, 22: 7, 23: 8, 24: 9}  # torchvision's README
    assert all(vision == minor + 15 for vision, minor in published.items())
    try:
        vision, requires = metadata.version("torchvision"), metadata.requires("torchvision")
    except metadata.PackageNotFoundError:
        return
    (pinned,) = [need for need in requires if re.match(r"torch\b", need)]
    assert f"2.{int(vision.split('.')[1]) - 15}." in pinned


def test_a_process_keeps_its_torch():
    """A second import returns the module that the process imported first."""
    import torch as again

    assert again is torch is sys.modules["torch"]


def test_ninja_is_looked_for_in_the_path(raises):
    """Ninja must be in PATH; that it is installed in the environment of the running Python does not help."""
    from unittest.mock import patch

    from torch.utils import cpp_extension

    with patch.dict("os.environ", {"PATH": ""}), raises(RuntimeError, "Ninja is required to load C++ extensions"):
        cpp_extension.verify_ninja_availability()


def test_a_missing_operator_raises(raises):
    """Registering code for an operator that its library did not define raises "operator … does not exist"."""
    with raises(RuntimeError, "operator absentlib::nms does not exist"):
        torch.library.register_fake("absentlib::nms")(lambda boxes: boxes)
