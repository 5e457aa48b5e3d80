"""Proofs of cuda-not-available."""

import os
import subprocess
import sys

import torch


def given():
    return {"torch": torch}


def test_answer(answer):
    """The device is "cuda" if is_available(), else "cpu", and a tensor can be created on it."""
    assert answer.device.type == ("cuda" if torch.cuda.device_count() else "cpu")
    assert torch.ones(3, device=answer.device).sum().item() == 3


def test_default(default):
    """is_available() is True exactly if device_count() is not 0."""
    assert default.available == (default.count > 0)


def test_a_build_without_cuda(raises):
    """In a CPU build torch.version.cuda is None, is_available() is False, and .to("cuda") raises an AssertionError."""
    if torch.backends.cuda.is_built():
        return
    assert torch.version.cuda is None and not torch.cuda.is_available()
    with raises(AssertionError, "Torch not compiled with CUDA enabled"):
        torch.ones(2).to("cuda")


def test_hidden():
    """With CUDA_VISIBLE_DEVICES=-1 a program sees no GPU."""
    code = "import torch; print(torch.cuda.is_available(), torch.cuda.device_count())"
    env = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    assert run.stdout.split() == ["False", "0"]


def test_right(right):
    """is_available() of a missing backend is False and does not raise, so it can choose the CPU instead."""
    assert right.device.type == ("xpu" if torch.xpu.is_available() else "cpu")
    assert right.x.sum(dim=0).tolist() == [0 + 3, 1 + 4, 2 + 5]


def test_an_imported_torch_stays():
    """A second import returns the torch that the process loaded first; __file__ says from where."""
    import torch as again

    assert again is torch is sys.modules["torch"]
    assert os.path.dirname(torch.__file__).endswith("torch")
